"""The fault campaign: what Tidegate says of every stream while everything around it fails."""
