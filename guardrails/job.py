"""A check with all that is needed to run it."""

from __future__ import annotations

import msgspec

from guardrails.checked_text import CheckedText
from guardrails.events import CheckRequest
from guardrails.setting import Setting


class Job(msgspec.Struct, frozen=True, eq=False):
    """One request, the setting of its guardrail and the text it is about.

    requested_at_ms: the broker's timestamp of the request; its deadline counts from there.
    partition: where the request came from and its result goes to.
    """

    request: CheckRequest
    setting: Setting
    text: CheckedText
    requested_at_ms: int
    partition: int
