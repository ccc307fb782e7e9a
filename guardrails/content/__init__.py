"""What a text says rather than what it contains: keyword lists and length."""
