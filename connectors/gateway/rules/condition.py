"""What a match must be beside its expression, as conditions that JavaScript knows.

A rule's check is a Python function; those that are small and written again in
`page/matcher-checks.js` have a name there. A rule with another check is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from connectors.gateway.rules.expression import Untranslatable, translate
from guardrails.allow import Allow

Condition = dict[str, Any]

# Functions of the text of a match, by where they stand: their names in JavaScript.
SIMPLE = {
    "guardrails.checksums.luhn": "luhn",
    "guardrails.checksums.mod97": "mod97",
    "guardrails.bech32.is_bech32": "bech32",
    "guardrails.pii.check_digits.starts_with_date": "starts-with-date",
    "guardrails.pii.check_digits.travel_document": "travel-document",
    "guardrails.pii.ip_address._is_private": "ipv4-is-private",
    "guardrails.pii.ip_address._is_public_v4": "ipv4-is-public",
    "guardrails.pii.ip_address._may_be_a_version": "ipv4-may-be-a-version",
    "guardrails.pii.ip_address._names_nobody": "ipv4-names-nobody",
    "guardrails.pii.mac_address._has_letters": "mac-has-letters",
    "guardrails.pii.mac_address._is_decimal": "mac-is-decimal",
    "guardrails.pii.phone._are_no_counted_pairs": "phone-is-not-counted",
    "guardrails.pii.phone._is_international": "phone-is-international",
    "guardrails.pii.us_ssn.<lambda>": "ssn-has-few-dashes",
    "guardrails.secrets.aws._is_a_secret_key": "aws-secret-key",
    "guardrails.secrets.aws._is_access_key_id": "aws-access-key-id",
    "guardrails.secrets.google._is_drawn": "google-is-drawn",
    "guardrails.secrets.private_key._has_a_body": "private-key-has-a-body",
    "guardrails.secrets.url_credentials._is_no_placeholder": "url-password-is-no-placeholder",
    "guardrails.secrets.url_credentials.is_placeholder": "url-password-is-a-placeholder",
}


def conditions(check: Callable[[str], bool] | None) -> list[Condition]:
    """Return what a check asks for, in order; all must hold.

    Raises Untranslatable when JavaScript does not know it.

    >>> from guardrails.checksums import luhn
    >>> conditions(luhn)
    [{'is': 'luhn'}]
    """
    if check is None:
        return []
    name = name_of(check)
    if not isinstance(check, partial):
        if name in SIMPLE:
            return [{"is": SIMPLE[name]}]
        raise Untranslatable(f"its check {name} is not written in JavaScript")
    write = _BOUND.get(name)
    if write is None or check.args:
        raise Untranslatable(f"its check {name} is not written in JavaScript")
    return write(check.keywords)


def name_of(check: Callable[[str], bool]) -> str:
    """Return where a function stands, whatever was bound to it."""
    function = check.func if isinstance(check, partial) else check
    return f"{function.__module__}.{getattr(function, '__qualname__', type(function).__name__)}"


def _random(bound: Mapping[str, Any]) -> list[Condition]:
    return [{"is": "random", "bits": bound["bits"]}]


def _drawn(bound: Mapping[str, Any]) -> list[Condition]:
    # As `guardrails.secrets.assignment` looks for it: behind one of these, at the end.
    shape = translate(rf"(?<=[\"'`\\\s=:>,|])(?:{bound['shape']})\Z")
    return [{"is": "drawn", "shape": shape, "bits": bound["bits"], "digits": bound["digits"]}]


def _not_allowed(bound: Mapping[str, Any]) -> list[Condition]:
    return [*conditions(bound["check"]), {"is": "not-allowed", **_allow(bound["allow"])}]


def _pattern(bound: Mapping[str, Any]) -> list[Condition]:
    expression: re.Pattern[str] | None = bound["expression"]
    return [
        {
            "is": "part-counts",
            "part": None if expression is None else f"^(?:{translate(expression.pattern)})$",
            "entropy_above": bound["entropy_above"],
            "in_match": _sources(bound["in_match"]),
            **_allow(bound["allow"]),
        }
    ]


def _word(bound: Mapping[str, Any]) -> list[Condition]:
    word = {"is": "with-word", "words": list(bound["words"]), "wanted": bound["wanted"]}
    return [word, *conditions(bound["check"])]


_BOUND: Mapping[str, Callable[[Mapping[str, Any]], list[Condition]]] = {
    "guardrails.secrets.entropy.looks_random": _random,
    "guardrails.secrets.assignment.is_drawn": _drawn,
    "guardrails.allow._counts": _not_allowed,
    "guardrails.content.part.counts": _pattern,
    "guardrails.content.part.with_word": _word,
}


def _allow(allow: Allow) -> Condition:
    return {
        "texts": sorted(allow.texts),
        "words": list(allow.words),
        "expressions": _sources(allow.expressions),
    }


def _sources(expressions: tuple[re.Pattern[str], ...]) -> list[str]:
    return [translate(expression.pattern) for expression in expressions]
