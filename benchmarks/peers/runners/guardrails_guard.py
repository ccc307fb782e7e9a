"""guardrails-ai: a guard with validators that replace what the expressions find.

python guardrails_guard.py stream: its own streaming, which validates sentence by sentence; one
    validator has all expressions, the cheapest form.
python guardrails_guard.py each: the same with a validator for each expression, as its hub's
    validator for expressions takes one.
python guardrails_guard.py accumulated: one validator; the guard validates the text so far at each
    chunk.

The hub's own validators are not used: they are fetched from a server.
"""

from __future__ import annotations

import re
import sys

from guardrails.validator_base import Validator, register_validator
from guardrails_ai.types import FailResult, PassResult
from loop import LABEL, Engine, serve

from guardrails import Guard, OnFailAction


@register_validator(name="peers/expressions", data_type="string")
class Expressions(Validator):
    """Fails where an expression matches; the fix is the text with labels."""

    def __init__(self, patterns, on_fail=None):
        super().__init__(on_fail=on_fail)
        self._patterns = patterns

    def _validate(self, value, metadata):
        fixed = value
        for pattern in self._patterns:
            fixed = pattern.sub(LABEL, fixed)
        if fixed == value:
            return PassResult()
        return FailResult(error_message="found", fix_value=fixed)


class Stream(Engine):
    """`guard(model, stream=True)` with a model that is a generator of the chunks."""

    packages = ("guardrails-ai",)

    def __init__(self, rules):
        patterns = [re.compile(expression, re.ASCII) for _, expression in rules]
        validators = [Expressions(one, on_fail=OnFailAction.FIX) for one in self.shared(patterns)]
        self._guard = Guard().use(*validators)

    def shared(self, patterns):
        """Return the patterns of each validator."""
        return [patterns]

    def work(self, chunks):
        taken = 0

        def model(*, messages, **_):
            nonlocal taken
            for chunk in chunks:
                taken += 1
                yield chunk

        messages = [{"role": "user", "content": "?"}]
        pieces = [
            (taken, outcome.validated_output)
            for outcome in self._guard(model, messages=messages, stream=True)
        ]
        return len(chunks), pieces

    def told(self, worked):
        count, pieces = worked
        released = [""] * (count + 1)
        for taken, text in pieces:
            released[max(0, taken - 1)] += text or ""
        return {"released": released}


class Each(Stream):
    """A validator for each expression."""

    def shared(self, patterns):
        return [[pattern] for pattern in patterns]


class Accumulated(Stream):
    """`guard.validate(text so far)`; the reader sees its output instead of what was there."""

    def work(self, chunks):
        text, outputs = "", []
        for chunk in chunks:
            text += chunk
            outputs.append((text, self._guard.validate(text).validated_output))
        return outputs

    def told(self, outputs):
        return {"covered": [_replaced(text, output) for text, output in outputs]}


def _replaced(text, output):
    """Return the spans that labels stand for: what is between them stands in the text, in order."""
    spans, place = [], 0
    first, *others = output.split(LABEL)
    place = len(first)
    for piece in others:
        # The last piece ends the text; of the others the next place that has one is its place.
        end = len(text) - len(piece) if piece is others[-1] else text.index(piece, place + 1)
        spans.append((place, end))
        place = end + len(piece)
    return spans


if __name__ == "__main__":
    serve({"stream": Stream, "each": Each, "accumulated": Accumulated}[sys.argv[1]])
