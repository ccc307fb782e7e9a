"""Links and domain names.

Catches: URLs with http, https or ftp, to names and IP addresses; the same without their scheme
behind `//`; bare domains whose last label is one of IANA's, with port and path; IPv4 addresses with
a path. Full stops, commas and quotes at the end are the sentence's, a pair of brackets may
stand inside. Misses: other schemes, domains that go on in Han or Kana, quotes at the end of a path.
Cost: holds the current word; a link is held whole.

Presidio counts a URL as personal data, but most name a page and not a person, and an answer that
cites its sources is full of them. So their confidence is below what a policy wants by default:
`url: {min_confidence: 0.4}` finds links, `0.3` bare domains too. A password inside of one is found
by `url-credentials` in any case.
"""

from __future__ import annotations

import re

import msgspec

from guardrails.guardrail import INSTANT_PATTERN, Cost, Guardrail
from guardrails.pii.top_level_domain import TOP_LEVEL_DOMAINS
from guardrails.rule import Rule

# RFC 1123: labels of letters, digits and inner dashes, at most 63 long; letters also of the scripts
# before Han, which put spaces between words, as RFC 5890 allows them.
_LETTER = r"[A-Za-z0-9\u00c0-\u0fff\ufb50-\ufdff\ufe70-\ufefc]"
_LABEL = rf"{_LETTER}(?:[A-Za-z0-9\u00c0-\u0fff\ufb50-\ufdff\ufe70-\ufefc-]{{0,61}}{_LETTER})?"
_OCTET = "[0-9]{1,3}"
_V4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_PORT = "(?::[0-9]{1,5}(?![0-9]))?(?!:[0-9])"
# A host that goes on is not cut short.
_EDGE = r"(?![A-Za-z0-9_]|\.[A-Za-z0-9])"
# What stands in a path and what it may end in (RFC 3986, 3.3, and letters); and one pair of
# brackets.
_INNER = r"[^\s<>|。、，\"`()\[\]{}\x00-\x1f]"
_LAST = r"[^\s<>|\"'`()\[\]{}.,;:!?*…。、，\x00-\x1f]"
_RUN = rf"(?:{_INNER}{{0,500}}{_LAST})?"
_PAIRED = (
    r"(?:\([^\s()<>]{0,120}\)|\[[^\s\[\]<>]{0,120}\]|\{[^\s{}<>]{0,120}\}|\"[^\s\"<>]{0,120}\")"
)
_TAIL = rf"(?:/{_RUN}(?:{_PAIRED}{_RUN})?|[?#]{_INNER}{{0,500}}{_LAST})?"
# Not in the middle of a word, an address or a path.
_LEFT = r"(?<![A-Za-z0-9_@./:+~$%&=\\-])"
_RIGHT = r"(?![A-Za-z0-9_@]|-[A-Za-z0-9]|\.[A-Za-z0-9])"
_NAME = re.compile(r"(?:[a-z]*:?//)?(?:[^/?#@]*@)?([^/?#:]+)")


def _has_known_end(text: str) -> bool:
    """Tell whether the domain's last label is one of IANA's, in one case."""
    found = _NAME.match(text)
    label = found[1].rpartition(".")[2] if found else ""
    return label in (label.lower(), label.upper()) and label.lower() in TOP_LEVEL_DOMAINS


def _rule(name: str, expression: str, confidence: float, *, known_end: bool = False) -> Rule:
    return Rule(
        id=name,
        type="URL",
        expression=expression,
        confidence=confidence,
        check=_has_known_end if known_end else None,
    )


URL = Guardrail(
    id="url",
    family="pii",
    summary="Links and domain names",
    # Every full stop may stand inside of a domain.
    performance=msgspec.structs.replace(INSTANT_PATTERN, cost=Cost(cpu_ms=0.4)),
    rules=(
        _rule(
            "url",
            r"(?<![A-Za-z0-9_])(?:[Hh][Tt][Tt][Pp][Ss]?|[Ff][Tt][Pp])://"
            rf"(?:[A-Za-z0-9._~%!$&*+,;=:-]{{1,128}}@)?"
            rf"(?:{_LABEL}(?:\.{_LABEL}){{0,8}}|\[[0-9A-Fa-f:.]{{2,45}}\]){_PORT}"
            rf"{_EDGE}{_TAIL}",
            0.45,
        ),
        _rule(
            "url-without-scheme",
            rf"(?<![A-Za-z0-9_:/])//(?:localhost|{_LABEL}(?:\.{_LABEL}){{1,8}}){_PORT}{_EDGE}{_TAIL}",
            0.2,
        ),
        _rule(
            "url-domain",
            rf"{_LEFT}(?:{_LABEL}\.){{1,8}}{_LETTER}(?:[A-Za-z0-9\u00c0-\u0fff-]{{1,61}})"
            rf"{_RIGHT}{_PORT}{_TAIL}",
            0.3,
            known_end=True,
        ),
        _rule("url-ipv4", rf"{_LEFT}{_V4}{_PORT}/{_LAST}(?:{_RUN})", 0.3),
    ),
    catches=(
        "see «https://example.com/a_(b)?q=1#top», please",
        "（«http://user@example.org:8080/x».）",
        "链接：«https://www.example.cn/目录»。",
        "ask at «example.co.uk/help», or «sub.Example.museum».",
        '[docs](«https://example.com/docs») "«ftp://ftp.example.net»"',
        "at «http://[2001:db8::1]:80/» or «http://localhost:3000»!",
        "сайт «президент.рф» is up",
    ),
    ignores=(
        "jane@example.com is an address",
        "node.js, file.txt, e.g. this.Is what",
        "version 1.2.3, foo.bar_baz",
        "http:// and https://. alone",
        "hppt//example and ///x.y",
    ),
)
