"""Checks: guardrails of class MODERATE and slower, which see windows of text and answer later."""
