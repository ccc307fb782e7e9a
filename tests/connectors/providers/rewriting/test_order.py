"""In whatever order guards answer, each text is whole and what ends it comes behind it."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.providers.decoder import Decoder
from connectors.providers.events import Channel, Close, Delta
from connectors.providers.rewriting import Judge, Rewriter, Send, Step
from guardrails.events import Segment
from tests.connectors.providers.recorded import decode
from tests.connectors.providers.rewriting.replies import block, choice, chunk, delta, events


def chat_of(pieces: list[tuple[int, str, str]]) -> bytes:
    frames = [chunk([choice({field: text}, index=index)]) for index, field, text in pieces]
    ends = [chunk([choice({}, "stop", index)]) for index in sorted({one[0] for one in pieces})]
    return events([*frames, *ends, chunk([], usage={"prompt_tokens": 1})], done=True)


def message_of(pieces: list[tuple[int, str, str]]) -> bytes:
    kinds = {"content": "text", "reasoning_content": "thinking"}
    frames: list[dict[str, Any]] = []
    for index, (_, field, text) in enumerate(pieces):
        kind = kinds[field]
        frames.append(block({"type": kind, kind: ""}, index))
        frames.append(delta({"type": f"{kind}_delta", kind: text}, index))
        frames.append({"type": "content_block_stop", "index": index})
    return events([*frames, {"type": "message_stop"}], named=True)


PIECES = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["content", "reasoning_content"]),
        st.text(alphabet="abc😀", min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=8,
)


@settings(deadline=None, max_examples=150)
@given(PIECES, st.sampled_from(["openai.chat", "anthropic.messages"]), st.data())
def test_guards_may_answer_in_any_order(
    pieces: list[tuple[int, str, str]], name: str, data: st.DataObject
) -> None:
    stream = chat_of(pieces) if name == "openai.chat" else message_of(pieces)
    rewriter = Rewriter(name)
    texts: dict[Channel, str] = {}
    at: dict[Channel, int] = {}
    out = b""

    def note(steps: list[Step]) -> None:
        nonlocal out
        for step in steps:
            if isinstance(step, Send):
                out += step.data
            elif isinstance(step, Judge):
                texts[step.channel] = texts.get(step.channel, "") + step.text

    def answer() -> bool:
        waiting = [one for one in texts if at.get(one, 0) < len(texts[one])]
        if not waiting:
            return False
        channel = data.draw(st.sampled_from(waiting))
        start = at.get(channel, 0)
        end = data.draw(st.integers(start + 1, len(texts[channel])))
        note(list(rewriter.release(channel, [Segment(start, end, texts[channel][start:end])])))
        at[channel] = end
        return True

    cut = 0
    while cut < len(stream):
        size = data.draw(st.integers(1, 400))
        note(list(rewriter.feed(stream[cut : cut + size])))
        cut += size
        if data.draw(st.booleans()):
            answer()
    note(list(rewriter.close()))
    while answer():
        assert not rewriter.ended
    assert rewriter.complete
    assert said(name, out) == said(name, stream)


def said(name: str, stream: bytes) -> dict[Channel, str]:
    """The texts of a stream, none of them behind its end."""
    found: dict[Channel, str] = {}
    closed = set()
    for event in decode(Decoder(name), [stream]):
        if isinstance(event, Delta):
            assert event.channel not in closed
            found[event.channel] = found.get(event.channel, "") + event.text
        elif isinstance(event, Close):
            closed.add(event.channel)
    return found
