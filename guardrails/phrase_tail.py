"""The end of a stream's text in the normal form of phrases, and where each character came from."""

from __future__ import annotations

from typing import Any

from guardrails.fold import MAX_INVISIBLE_RUN, REPLACEMENT, FoldedTail
from guardrails.phrases import NORMAL

# So many characters of white space are one space: a line break with indentation. What is longer
# are several, so that no run holds a phrase back for ever.
MAX_SPACES = 4


class PhraseTail(FoldedTail):
    """A tail whose text is in normal form (`guardrails.phrases`), runs of white space as one."""

    __slots__ = ("_spaces",)

    def __init__(self) -> None:
        super().__init__()
        # How much of a run of white space the text ends with.
        self._spaces = 0

    def append(self, text: str) -> str:
        """Bring one more chunk of clean text to normal form; return the tail."""
        if (
            text.isascii()
            and text.isprintable()
            and "  " not in text
            and not (self._spaces and text[:1] == " ")
        ):
            # The common case: one to one.
            if text:
                self._invisible = 0
                self._spaces = 1 if text[-1] == " " else 0
            normal = text.lower()
        else:
            normal = self._read(text)
        self.raw_end += len(text)
        self.text = tail = self.text + normal
        return tail

    def _read(self, text: str) -> str:
        """Bring a chunk to normal form whose characters are not all one to one."""
        out: list[str] = []
        at = self.base + len(self.text)
        # By how much raw offsets are ahead.
        ahead = self.raw_end - at
        for raw, character in enumerate(text, self.raw_end):
            for part in self._reveal(NORMAL[character]):
                if part == " ":
                    self._spaces = self._spaces % MAX_SPACES + 1
                    if self._spaces > 1:
                        continue
                else:
                    self._spaces = 0
                if raw - at != ahead:
                    self.points.append((at, raw))
                    ahead = raw - at
                out.append(part)
                at += 1
        raw = self.raw_end + len(text)
        if raw - at != ahead:
            self.points.append((at, raw))
        return "".join(out)

    def _reveal(self, normal: str) -> str:
        """Return a normal form; that of an invisible character is seen behind too many of them."""
        self._invisible = 0 if normal else self._invisible + 1
        return REPLACEMENT if self._invisible > MAX_INVISIBLE_RUN else normal

    def snapshot(self) -> tuple[object, ...]:
        """Return the state as immutable primitives."""
        return (*super().snapshot(), self._spaces)

    @classmethod
    def restore(cls, saved: tuple[Any, ...]) -> PhraseTail:
        """Continue from a snapshot."""
        tail = cls()
        tail.text, tail.base, tail.raw_end, tail._invisible, points, tail._spaces = saved
        tail.points = list(points)
        return tail
