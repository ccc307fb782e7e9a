"""Ways to cut one text into chunks: those that prove the guardrails."""

from guardrails.proof.cuts import (
    at,
    at_random,
    in_sizes,
    inside,
    one_by_one,
    strategies,
    whole,
)

__all__ = ["at", "at_random", "in_sizes", "inside", "one_by_one", "strategies", "whole"]
