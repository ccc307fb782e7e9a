"""Credentials: one guardrail per provider, rule ids as gitleaks names them.

Expressions follow the rules of gitleaks (MIT, https://github.com/gitleaks/gitleaks), with every
repeat bounded and what stands around a key left to lookarounds.
"""
