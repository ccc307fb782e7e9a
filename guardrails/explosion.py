"""Which rules can explode: take time out of proportion to the text, because one text can be read in
very many ways, and a search that fails tries them all.

On the position automaton of a rule (`guardrails.automaton`), with long repeats as loops:

- It is *exponentially* ambiguous if some loop can be gone round in two ways that read the same
  text (criterion EDA of Weber and Seidl, On the degree of ambiguity of finite automata, 1991). Two
  ways are a pair of positions reached from one position, which meets in one position again; or one
  step that two repeats, an inner and an outer one, can both take.
- It is *polynomially* ambiguous if the text one loop reads can also lead to and be read by a later
  one (criterion IDA, ibid.): d such loops behind one another are n^d ways. They are refused when
  such a text can be read in more than MAX_WAYS ways.
- A part that is empty in several ways or must be repeated while it may be empty, and a row of
  optional parts that read the same text, explode without a loop; they are looked for apart.

The first and the third are decided, the second is looked for in the likeliest texts. Rather too
much is refused than too little: a bounded repeat of more than 4 rounds is taken for
a loop, and atomic groups and possessive repeats for plain ones.
"""

from __future__ import annotations

import math

from guardrails.ambiguity import Ambiguity
from guardrails.errors import RuleError
from guardrails.loops import Loops, components_of
from guardrails.syntax import Chain, Chars, Choice, Edge, Group, Look, Node, Repeat

# Ways to read one text that a failing search may try: 10 to 100 ms of Python's `re`.
MAX_WAYS = 1_000_000
# Outside of repeats several are harmless: 'end of text or a space' are two.
MAX_WAYS_EMPTY = 64
# The check looks at pairs of positions; a rule of 200 words has 1,500.
MAX_POSITIONS = 4_000
# Rounds of one character in which a row of optional parts shows: 2**20 > MAX_WAYS.
_RUN = 64

_MAX_SHOWN_CHARS = 20
_SPLIT = (
    "make each round begin with a character that no other part of it can read, or use one repeat"
)


def require_tame(root: Node) -> None:
    """Raise RuleError, with the reason and a suggestion, if the expression can explode.

    >>> from guardrails.syntax import parse
    >>> require_tame(parse(r"(?:[a-z]+,)+x").root)
    >>> require_tame(parse(r"(?:[a-z]+)+x").root)
    Traceback (most recent call last):
    guardrails.errors.RuleError: the expression can explode: inside a repeat, 'a' again \
and again can be read in exponentially many ways; make each round begin with a character that no \
other part of it can read, or use one repeat
    """
    _ways_empty(root)
    automaton = Loops(root)
    if len(automaton.classes) > MAX_POSITIONS:
        raise RuleError(
            f"the expression has {len(automaton.classes):,} positions, more than "
            f"{MAX_POSITIONS:,}; split it into several rules, or use 'keywords' for lists of words"
        )
    ambiguity = Ambiguity(automaton)
    word = ambiguity.double_round()
    if word is not None:
        shown = word if len(word) <= _MAX_SHOWN_CHARS else f"{word[:_MAX_SHOWN_CHARS]}..."
        raise RuleError(
            f"the expression can explode: inside a repeat, {shown!r} again and again can be read "
            f"in exponentially many ways; {_SPLIT}"
        )
    ways = ambiguity.ways()
    if ways > MAX_WAYS:
        raise RuleError(
            "the expression can explode: several repeats behind one another can read the same "
            f"text, in {ways:,} ways and more; put between them what the one before cannot read "
            "('[^,]*,' for '.*,'), or bound them ('{0,40}' for '*')"
        )
    _require_few_options(automaton)


def _ways_empty(node: Node, limit: int = MAX_WAYS_EMPTY) -> int:
    """Return in how many ways a node reads the empty text, as a backtracking search counts them.

    limit: how many are allowed; in a repeat there is one. Raises RuleError where there are more.
    """
    repeated = isinstance(node, Repeat) and node.high > 1
    inner = [_ways_empty(part, 1 if repeated else limit) for part in _parts(node)]
    if isinstance(node, Chars):
        return 0
    if isinstance(node, Look | Edge):
        return 1
    ways = sum(inner) if isinstance(node, Choice) else math.prod(inner)
    if isinstance(node, Repeat):
        if node.low > 1 and ways:
            raise RuleError(
                "the expression can explode: a part that may be empty is repeated at least "
                f"{node.low} times; make one part of it mandatory, or let the repeat begin at 0"
            )
        ways += node.low == 0
    if ways > limit:
        raise RuleError(
            "the expression can explode: a part of it reads nothing in several ways, as '(a?)?' "
            "and '(a|a)' do; remove the repeat that is not needed, or the alternative that "
            "stands twice"
        )
    return ways


def _parts(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Chain):
        return node.parts
    if isinstance(node, Choice):
        return node.branches
    return (node.part,) if isinstance(node, Repeat | Group | Look) else ()


def _require_few_options(automaton: Loops) -> None:
    """Count the ways to read a run of one character in the parts outside of loops."""
    components = components_of(automaton.follow)
    free = [p for p, component in enumerate(components) if component is None]
    candidates = {ranges[0][0] for p in free if (ranges := automaton.classes[p])}
    for code_point in sorted(candidates):
        reads = {
            p for p in free if any(low <= code_point <= high for low, high in automaton.classes[p])
        }
        ways = dict.fromkeys(reads & automaton.first, 1)
        for _ in range(_RUN):
            following: dict[int, int] = {}
            for position, count in ways.items():
                for follower in automaton.follow[position] & reads:
                    following[follower] = following.get(follower, 0) + count
            ways = following
            if sum(ways.values()) > MAX_WAYS:
                raise RuleError(
                    "the expression can explode: optional parts behind one another can read "
                    f"the same text, e.g. many {chr(code_point)!r}, in over {MAX_WAYS:,} ways; "
                    "write them as one repeat, as in 'a{0,20}'"
                )
