"""Hosts of URLs: their one form, the domains they belong to, and whom they imitate."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from guardrails.fold import fold
from guardrails.phrases import LOOK_ALIKES

# RFC 5890 2.3.2.1: what an internationalised label begins with in ASCII.
_ACE = "xn--"
# What WHATWG's URL standard reads as an IPv4 address: its last part is a number, any base.
_NUMBER = re.compile(r"(?:0[xX][0-9A-Fa-f]*|[0-9]+)", re.ASCII)
_PLAIN_IPV4 = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})", re.ASCII)
# Pairs and digits that fonts draw like another letter (UTS #39, and addresses seen in phishing).
_DRAWN_ALIKE = (("rn", "m"), ("vv", "w"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"))
# A shorter name is part of too many others: `x`, `ing`, `ups`.
_MIN_NAME_CHARS = 5


def host_of(url: str) -> str:
    """Return the host of a folded URL or of an address without a scheme, in lower case.

    As browsers read it: a backslash ends it, what stands before an `@` is not it.

    >>> host_of("https://bank.example@EVIL.test:8080/x"), host_of("www.example.org/@me")
    ('evil.test', 'www.example.org')
    """
    authority = authority_of(url).rpartition("@")[2].lower()
    if authority.startswith("["):
        return authority.partition("]")[0] + "]"
    return authority.partition(":")[0].rstrip(".")


def authority_of(url: str) -> str:
    """Return what stands between the scheme and the path: user, host, port."""
    rest = url.partition("://")[2] if "://" in url else url
    return re.split(r"[/\\?#]", rest, maxsplit=1)[0]


def forms(domain: str) -> tuple[str, ...]:
    """Return the forms in which a domain of a list stands in folded text: its own, and its ASCII
    one. Raises ValueError if it is none.

    >>> forms("Bücher.example"), forms("*.example.org")
    (('bucher.example', 'xn--bcher-kva.example'), ('example.org',))
    """
    name = domain.strip().lower().removeprefix("*.").strip(".")
    folded = fold(name).lower()
    try:
        ascii_name = name.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError("not a domain name") from error
    if not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", ascii_name):
        raise ValueError("not a domain name")
    return tuple(sorted({folded, ascii_name}))


def belongs_to(host: str, domains: Iterable[str]) -> bool:
    """Tell whether a host is one of the domains or below one.

    >>> belongs_to("a.example.org", ["example.org"]), belongs_to("anexample.org", ["example.org"])
    (True, False)
    """
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def is_number(host: str) -> bool:
    """Tell whether a host is an IPv4 address that is not written as one: 2130706433, 0x7f.1.

    >>> is_number("0x7f.1"), is_number("127.0.0.1"), is_number("1.example")
    (True, False, False)
    """
    parts = host.split(".")
    return (
        len(parts) <= 4
        and all(_NUMBER.fullmatch(part) for part in parts)
        and not _PLAIN_IPV4.fullmatch(host)
    )


def imitates(host: str, protected: Iterable[str]) -> bool:
    """Tell whether a host looks like one of the protected domains and is not below one.

    protected: forms of domains. Looks like it: drawn alike, or in front of another domain, or its
    name is a part of another one between dashes.

    >>> mine = ["paymint.example"]
    >>> [imitates(host, mine) for host in ("payrnint.example", "paymint.example.evil.test",
    ...  "login-paymint.test", "www.paymint.example", "mint.example")]
    [True, True, True, False, False]
    """
    protected = tuple(protected)
    if belongs_to(host, protected):
        return False
    drawn = _skeleton(host)
    parts = set(re.split("[.-]", drawn))
    for domain in protected:
        wanted = _skeleton(domain)
        name = wanted.partition(".")[0]
        if f".{wanted}." in f".{drawn}." or wanted.replace(".", "-") in drawn:
            return True
        if len(name) >= _MIN_NAME_CHARS and name in parts:
            return True
    return False


def mixes_scripts(host: str) -> bool:
    """Tell whether a label in ASCII form (`xn--`) stands for letters drawn like Latin ones: Latin
    beside Cyrillic or Greek, or such letters alone.

    >>> mixes_scripts("xn--pypal-4ve.com"), mixes_scripts("xn--bcher-kva.example")
    (True, False)
    """
    for label in host.split("."):
        letters = [one for one in _decode(label) if one.isalpha() and not one.isascii()]
        scripts = {unicodedata.name(one, "?").partition(" ")[0] for one in letters}
        if scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"} and (
            re.search("[a-z]", _decode(label)) or fold(_decode(label)).isascii()
        ):
            return True
    return False


def _decode(label: str) -> str:
    if not label.startswith(_ACE):
        return label
    try:
        return label.removeprefix(_ACE).encode().decode("punycode")
    except UnicodeError:
        return label


def _skeleton(host: str) -> str:
    """Return one text for all hosts that are drawn alike."""
    text = fold(".".join(map(_decode, host.split(".")))).lower()
    text = "".join(LOOK_ALIKES.get(character, character) for character in text)
    for drawn, letter in _DRAWN_ALIKE:
        text = text.replace(drawn, letter)
    return text
