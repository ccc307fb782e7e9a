"""Rewriting a provider's reply as its guard decides; see `connectors.providers`."""

from connectors.providers.rewriting.rewriter import DIALECTS, Rewriter
from connectors.providers.rewriting.steps import Judge, Send, Step, Unscanned

__all__ = ["DIALECTS", "Judge", "Rewriter", "Send", "Step", "Unscanned"]
