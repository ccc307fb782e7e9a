"""Whether a guardrail keeps what it promises: read, streamed in every way, and timed.

`guardrails.contract` looks at a definition alone and runs whenever the catalogue is built. What
stands here runs rules on samples: in our tests, and for authors of plugins in `tidegate plugin
check`.
"""
