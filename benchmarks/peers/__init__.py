"""Tidegate beside its peers, on the same rules, texts and chunks in one run: `make bench-peers`."""
