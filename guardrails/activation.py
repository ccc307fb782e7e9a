"""Policy activations as they stand in their topic: bytes to a policy and the time it holds from."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from guardrails.errors import MalformedEvent, PolicyError
from guardrails.events import PolicyActivation
from guardrails.policy import Policy
from guardrails.policy_text import parse_policy
from guardrails.records import Record

_DECODER = msgspec.json.Decoder(PolicyActivation)


class Activation(msgspec.Struct, frozen=True):
    """An activation and the place it has in its topic. at_ms: log time from which it holds."""

    event: PolicyActivation
    at_ms: int
    offset: int

    def read(self) -> Policy:
        """Return the policy it brings.

        Raises PolicyError: `NAME@OFFSET:line:column: what is wrong`, one line for each problem.
        """
        place = f"{self.event.name}@{self.offset}"
        policy = parse_policy(self.event.source, place)
        if policy.name != self.event.name:
            raise PolicyError(
                f"{place}: the record names policy {self.event.name!r}, its source is "
                f"{policy.name!r}; publish it with `tidegate policy activate`"
            )
        return policy


def decode_activation(record: Record) -> Activation:
    """Read one record of the topic `policies`; the policy in it is not looked at yet.

    Raises MalformedEvent with the reason `bad-activation`.
    """
    try:
        event = _DECODER.decode(record.value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # Its message names fields and types, and quotes nothing.
        raise MalformedEvent("bad-activation", f"{error}; expected a PolicyActivation") from error
    return Activation(event, record.timestamp_ms + event.lead_ms, record.offset)


def rollback_target(history: Sequence[Activation], to: str | None) -> Activation | None:
    """Return what a rollback puts in force again, or None if there is nothing.

    history: of one policy, oldest first. to: a version; without it the latest that is not the
    newest one's, so that a rollback of a rollback goes forward again.
    """
    newest = history[-1].event.version
    for activation in reversed(history):
        version = activation.event.version
        if version != newest and to in (None, version):
            return activation
    return None
