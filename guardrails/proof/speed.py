"""How long one run of a guardrail's rules takes, against its class."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from guardrails.contract import Violation
from guardrails.guardrail import MAX_LATENCY_MS, Guardrail
from guardrails.proof.samples import Finder, unmark

# About four characters a token in English text, as vendors' pages on tokens say.
_CHUNK_CHARS = 4
# Enough runs for a percentile of 99: a thousand are ten slower ones.
_TEXT_CHARS = 4_000
# A run that waited for the machine is no fault of the rules.
_SHARE = 0.99


class Speed(Struct, frozen=True):
    """Of one chunk. mean_ms: typical; p99_ms: what one in a hundred exceeds."""

    mean_ms: float
    p99_ms: float


def measure(guardrail: Guardrail, finder: Finder, now_s: Callable[[], float]) -> Speed:
    """Stream the guardrail's own samples, one behind the other, in chunks as small as tokens.

    There is no text with more for it to do. now_s: the CPU time of this thread.
    """
    samples = "\n".join(unmark(one)[0] for one in guardrail.catches + guardrail.ignores) + "\n"
    text = samples * (_TEXT_CHARS // len(samples) + 1)
    # Once to get ready: what the first stream builds, all others share.
    finder.find([text[at : at + _CHUNK_CHARS] for at in range(0, len(text), _CHUNK_CHARS)])
    state = finder.new_state()
    took_ms = []
    for start in range(0, len(text), _CHUNK_CHARS):
        began_s = now_s()
        finder.matcher.push(state, text[start : start + _CHUNK_CHARS])
        took_ms.append((now_s() - began_s) * 1e3)
    took_ms.sort()
    return Speed(sum(took_ms) / len(took_ms), took_ms[int(_SHARE * len(took_ms))])


def keep_class(guardrail: Guardrail, speed: Speed) -> Iterator[Violation]:
    """Yield whether one run in a hundred takes longer than the guardrail's class allows."""
    kind = guardrail.performance.performance_class
    if speed.p99_ms > MAX_LATENCY_MS[kind]:
        said = f"class {kind} takes {MAX_LATENCY_MS[kind]:g} ms at most, got {speed.p99_ms:.3g}"
        yield Violation("slower-than-class", guardrail.id, said)
