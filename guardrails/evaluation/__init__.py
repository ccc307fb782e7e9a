"""How good a policy is on labelled texts: what it finds, what it misses, what it lets through."""
