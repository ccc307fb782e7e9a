"""Presidio's recognizers as a policy."""

import pytest

from guardrails import Policy, parse_policy
from guardrails.packs.fragment import write_fragment
from guardrails.packs.pack import Ids, Pack, PackError
from guardrails.packs.presidio import read_presidio
from tests.guardrails.test_packs_gitleaks import matches

BADGE = """
recognizers:
  - name: BadgeRecognizer
    supported_entity: BADGE
    supported_language: en
    patterns:
      - {name: with letters, regex: '\\bB-\\d{5}\\b', score: 0.6}
      - {name: bare digits, regex: '\\b\\d{5}\\b', score: 0.05}
    context: [Badge, badge, employee]
"""


def read(text: str) -> Pack:
    return read_presidio(text, "mine.yaml", Ids())


def one(body: str, regex: str = "a") -> Pack:
    return read(
        f"recognizers: [{{name: x, supported_entity: X, {body}, "
        f"patterns: [{{name: y, regex: '{regex}', score: 0.9}}]}}]"
    )


def test_a_score_counts_without_context_and_grows_with_it() -> None:
    pack = read(BADGE)
    first, second = (entry.values for entry in pack.entries)
    assert first["id"] == "badge-with-letters"
    assert (first["bare"], first["confidence"]) == (0.6, 0.95)
    assert (second["bare"], second["confidence"]) == (0.05, 0.4)
    assert first["context"] == ["badge", "employee"]
    assert "min_confidence is 0.4 or less" in write_fragment([pack])


def test_expressions_have_the_flags_that_presidio_gives_them() -> None:
    pack = read("recognizers: [{name: x, patterns: [{name: y, regex: '^ab.c$', score: 1}]}]")
    assert matches(pack, "-\nAB\nC\n-") == ["AB\nC"]
    assert pack.entries[0].values["type"] == "ENTITY"
    assert matches(one("global_regex_flags: 0", "ab"), "ab AB") == ["ab"]
    assert matches(one("global_regex_flags: 0", "(?i)ab"), "ab AB") == ["ab", "AB"]


def test_a_deny_list_holds_between_word_edges_in_any_case() -> None:
    pack = read("recognizers: [{name: t, supported_entity: T, deny_list: [Mr., Señor, Dr]}]")
    assert matches(pack, "mr. X, SEÑOR Y, Drei, (dr)") == ["mr.", "SENOR", "dr"]


def test_a_long_deny_list_becomes_several_rules() -> None:
    words = ", ".join(f"word{number:04}" for number in range(600))
    pack = read(f"recognizers: [{{name: t, supported_entity: T, deny_list: [{words}]}}]")
    assert [entry.values["id"] for entry in pack.entries] == ["t-deny-list", "t-deny-list-2"]
    assert matches(pack, "word0000 word0599 word0600") == ["word0000", "word0599"]


def test_languages_are_not_asked_and_their_context_is_joined() -> None:
    english, german = "{language: en, context: [zip]}", "{language: de, context: [plz]}"
    pack = one(f"supported_languages: [{english}, {german}]")
    assert pack.entries[0].values["context"] == ["zip", "plz"]
    assert "not only at those in 'en, de'" in pack.remarks[0].text


def test_letters_are_looked_for_as_folded_text_has_them() -> None:
    assert matches(one("context: []", "né[äx]"), "nÉä") == ["nEa"]


@pytest.mark.parametrize(
    ("recognizer", "expected"),
    [
        ("CreditCardRecognizer", "it is code of Presidio"),
        ("{name: a, type: predefined}", "it is code of Presidio"),
        ("{name: a, enabled: false, deny_list: [b]}", "it is not enabled"),
        ("{name: a, patterns: [{name: b, regex: '(a+)+b', score: 1}]}", "can explode"),
        ("{name: a, patterns: [{name: b, regex: '(', score: 1}]}", "is not valid"),
        ("{name: a, deny_list: [b], colour: red}", "its key 'colour' is not known here"),
    ],
)
def test_what_cannot_be_carried_over_is_said(recognizer: str, expected: str) -> None:
    pack = read(f"recognizers: [{recognizer}, {{name: z, deny_list: [ok]}}]")
    assert expected in next(remark.text for remark in pack.remarks if remark.left_out)
    assert pack.entries[-1].values["id"] == "z-deny-list"


def test_the_registry_of_a_whole_analyzer_is_read_too() -> None:
    assert read("recognizer_registry: {recognizers: [{name: z, deny_list: [ok]}]}").entries


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("recognizers: [", "mine.yaml:1:15: this is not YAML"),
        ("rules: []", "expected the key 'recognizers'"),
        ("- a", "expected the key 'recognizers'"),
        ("recognizers: &x []", "anchors"),
    ],
)
def test_what_is_no_file_of_presidio_is_refused(text: str, expected: str) -> None:
    with pytest.raises(PackError) as caught:
        read(text)
    assert expected in str(caught.value)


def test_what_is_written_is_a_policy() -> None:
    policy: Policy = parse_policy(write_fragment([read(BADGE)]), "pack.yaml")
    assert [rule.id for setting in policy.resolve() for rule in setting.rules] == [
        "badge-with-letters"
    ]
