"""What runs the checks: an asyncio loop in a thread for services, processes for local models."""

from connectors.checks.runner import Runner
from guardrails.job import Job

__all__ = ["Job", "Runner"]
