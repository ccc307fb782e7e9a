"""Personal data: one guardrail per kind, types named as Presidio names them."""
