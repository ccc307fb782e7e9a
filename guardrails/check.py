"""Checks: guardrails too slow for the hot path. They see windows of decided text and answer later.

The guard asks (`CheckRequest`), something outside runs the check, and its `CheckResult` comes back.
Here stands what a policy may say about any of them; what runs one is found by its guardrail's id.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from pydantic import Field

from guardrails.errors import TidegateError
from guardrails.guardrail import Check, Checkpoint, Options

# The guard gives a check up by itself so long behind its deadline: by then what runs the checks,
# which says so at the deadline, is taken for dead. 10 s: longer than its restart.
GRACE_MS = 10_000


class CheckOptions(Options):
    """What a policy may set on every check. A guardrail's own options extend it.

    Defaults stand in `Check`, by class; None takes them.
    """

    checkpoint: Literal["sentence", "paragraph", "end"] | None = Field(
        default=None, description="when it is asked: sentence, paragraph or end"
    )
    deadline_s: float | None = Field(
        default=None, gt=0, le=3_600, description="an answer later than this does not count"
    )
    timeout_s: float | None = Field(
        default=None, gt=0, le=600, description="one attempt may last this long"
    )
    on_failure: Literal["block", "allow"] = Field(
        default="block",
        description="what happens to text that mode block could not have checked",
    )
    text: Literal["redacted", "original"] = Field(
        default="redacted", description="whether it sees text as readers do, or as it was written"
    )


class CheckError(TidegateError):
    """A check cannot be run as the policy says. Next: correct the setting the message names."""


class CheckSetting(msgspec.Struct, frozen=True):
    """A check as a policy runs it; seconds became milliseconds. fails_closed: text whose check
    could not be had is not shown.
    """

    type: str
    checkpoint: Checkpoint
    deadline_ms: int
    timeout_ms: int
    fails_closed: bool
    original: bool


def resolve_check(check: Check, options: CheckOptions) -> CheckSetting:
    """Return the setting of one check. Raises CheckError when it cannot be asked at a checkpoint.

    >>> judge = Check(type="JUDGED", checkpoints=(Checkpoint.END,), deadline_s=10, timeout_s=5)
    >>> resolve_check(judge, CheckOptions()).checkpoint.value
    'end'
    """
    checkpoint = Checkpoint(options.checkpoint or check.checkpoints[0])
    if checkpoint not in check.checkpoints:
        known = " or ".join(check.checkpoints)
        raise CheckError(f"checkpoint: expected {known}, got {checkpoint}")
    deadline_s = options.deadline_s or check.deadline_s
    timeout_s = min(options.timeout_s or check.timeout_s, deadline_s)
    return CheckSetting(
        check.type,
        checkpoint,
        int(deadline_s * 1000),
        int(timeout_s * 1000),
        fails_closed=options.on_failure == "block",
        original=options.text == "original",
    )
