"""The commands of `tidegate`, one noun per file."""
