"""Code fences of Markdown (CommonMark 0.31, 4.5): where a block of code begins and ends."""

from __future__ import annotations

import re

# What of a line that may be a fence is remembered: a longer one says nothing more.
MAX_FENCE_CHARS = 200
_FENCE = re.compile(r"(`{3,}|~{3,})([^\r\n]*)")


def after_line(line: str, fence: str) -> str:
    """Return the fence that is open behind a line, or nothing; `fence`: the one open before.

    line: without the white space before it.

    >>> after_line("```python", ""), after_line("``` ", "````"), after_line("````", "```")
    ('```', '````', '')
    """
    match = _FENCE.match(line)
    if match is None:
        return fence
    mark, rest = match.groups()
    if fence:
        closes = mark.startswith(fence) and not rest.strip()
        return "" if closes else fence
    # What follows backticks on their line has none, or it is code within the line.
    return "" if mark[0] == "`" and "`" in rest else mark
