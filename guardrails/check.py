"""Checks: guardrails too slow for the hot path. They see windows of decided text and answer later.

The guard asks (`CheckRequest`), something outside runs the check, and its `CheckResult` comes back.
Here stands what a policy may say about any of them; what runs one is found by its guardrail's id.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from pydantic import ConfigDict, Field

from guardrails.errors import TidegateError
from guardrails.guardrail import Check, Checkpoint, Options
from guardrails.problem import one_of

# The guard gives a check up by itself so long behind its deadline: by then what runs the checks,
# which says so at the deadline, is taken for dead. 10 s: longer than its restart.
GRACE_MS = 10_000
# An hour: nobody waits longer for an answer about one reply, and windows do not pile up.
MAX_DEADLINE_S = 3_600
# Ten minutes: the longest any service keeps a request open.
MAX_TIMEOUT_S = 600
# A week: what a model says of the same text changes with its versions.
MAX_CACHE_S = 7 * 86_400

# As Presidio writes its types.
TYPE_PATTERN = r"^[A-Z][A-Z0-9_]{0,63}$"
FindingType = Annotated[str, Field(pattern=TYPE_PATTERN)]
_Seconds = Annotated[float, Field(strict=True, allow_inf_nan=False)]


def write_type(category: str) -> str:
    """Return a category as the type of a finding.

    >>> write_type("medical advice"), write_type("hate/threatening")
    ('MEDICAL_ADVICE', 'HATE_THREATENING')
    """
    return re.sub(r"[^A-Z0-9]+", "_", category.upper()).strip("_")


class CheckOptions(Options):
    """What a policy may set on every check. A guardrail's own options extend it.

    Defaults stand in `Check`, by class; None takes them.
    """

    # What was written in a wrong place may be a secret.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    checkpoint: Literal["sentence", "paragraph", "end"] | None = Field(
        default=None, description="when it is asked: sentence, paragraph or end"
    )
    type: FindingType | None = Field(
        default=None, description="of its findings, where an answer names none"
    )
    deadline_s: _Seconds | None = Field(
        default=None,
        gt=0,
        le=MAX_DEADLINE_S,
        description="an answer later than this does not count",
    )
    timeout_s: _Seconds | None = Field(
        default=None, gt=0, le=MAX_TIMEOUT_S, description="one attempt may last this long"
    )
    cache_s: _Seconds | None = Field(
        default=None,
        ge=0,
        le=MAX_CACHE_S,
        description="so long an answer is kept for equal text; 0: not at all",
    )
    on_failure: Literal["block", "allow"] = Field(
        default="block",
        description="what happens to text that mode block could not have checked",
    )
    text: Literal["redacted", "original"] = Field(
        default="redacted", description="whether it sees text as readers do, or as it was written"
    )


class CheckError(TidegateError):
    """A check cannot be run as the policy says. Next: correct the setting the message names.

    key: that setting.
    """

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


class CheckSetting(msgspec.Struct, frozen=True):
    """A check as a policy runs it; seconds became milliseconds. fails_closed: text whose check
    could not be had is not shown. cache_ms: so long an answer is kept for equal text; 0: never.
    """

    type: str
    checkpoint: Checkpoint
    deadline_ms: int
    timeout_ms: int
    fails_closed: bool
    original: bool
    cache_ms: int = 0


def resolve_check(check: Check, options: CheckOptions, *, cacheable_s: float = 0.0) -> CheckSetting:
    """Return the setting of one check. Raises CheckError when it cannot be asked at a checkpoint.

    cacheable_s: the default of `cache_s`.

    >>> judge = Check(type="JUDGED", checkpoints=(Checkpoint.END,), deadline_s=10, timeout_s=5)
    >>> resolve_check(judge, CheckOptions()).checkpoint.value
    'end'
    """
    checkpoint = Checkpoint(options.checkpoint or check.checkpoints[0])
    if checkpoint not in check.checkpoints:
        raise CheckError("checkpoint", f"{one_of(check.checkpoints)}, got '{checkpoint}'")
    deadline_s = options.deadline_s or check.deadline_s
    cache_s = cacheable_s if options.cache_s is None else options.cache_s
    timeout_s = min(options.timeout_s or check.timeout_s, deadline_s)
    return CheckSetting(
        options.type or check.type,
        checkpoint,
        max(1, int(deadline_s * 1000)),
        max(1, int(timeout_s * 1000)),
        fails_closed=options.on_failure == "block",
        original=options.text == "original",
        cache_ms=int(cache_s * 1000),
    )
