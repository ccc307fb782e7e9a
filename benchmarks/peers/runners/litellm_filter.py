"""LiteLLM: the proxy's content filter, by the hook through which the proxy sends it a stream."""

from __future__ import annotations

import asyncio

from litellm.proxy.guardrails.guardrail_hooks.litellm_content_filter.content_filter import (
    ContentFilterGuardrail,
)
from litellm.types.guardrails import ContentFilterPattern
from litellm.types.utils import Delta, ModelResponseStream, StreamingChoices
from loop import LABEL, Engine, serve


class ContentFilter(Engine):
    """Action MASK: what is found is replaced, and 50 characters are held back, its own default."""

    packages = ("litellm",)

    def __init__(self, rules):
        patterns = [
            ContentFilterPattern(
                pattern_type="regex", name=type_, pattern=expression, action="MASK"
            )
            for type_, expression in rules
        ]
        self._filter = ContentFilterGuardrail(
            guardrail_name="peers",
            patterns=patterns,
            event_hook="post_call",
            pattern_redaction_format=LABEL,
        )
        self._loop = asyncio.new_event_loop()

    def prepare(self, chunks):
        return [*(_event(chunk) for chunk in chunks), _event("", finish_reason="stop")]

    def work(self, events):
        return self._loop.run_until_complete(self._filtered(events))

    async def _filtered(self, events):
        stream = self._filter.async_post_call_streaming_iterator_hook(
            user_api_key_dict=None, response=_one_by_one(events), request_data={"metadata": {}}
        )
        return [event async for event in stream]

    def told(self, events):
        return {"released": [event.choices[0].delta.content or "" for event in events]}


async def _one_by_one(events):
    for event in events:
        yield event


def _event(text, finish_reason=None):
    choice = StreamingChoices(index=0, delta=Delta(content=text), finish_reason=finish_reason)
    return ModelResponseStream(choices=[choice])


if __name__ == "__main__":
    serve(ContentFilter)
