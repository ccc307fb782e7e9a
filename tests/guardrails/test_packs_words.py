"""Lists of words, and how packs are written."""

import pytest

from guardrails import parse_policy
from guardrails.content.keywords import MAX_PHRASES
from guardrails.packs.fragment import write_fragment
from guardrails.packs.gitleaks import read_gitleaks
from guardrails.packs.pack import Entry, Ids, Pack, PackError
from guardrails.packs.words import read_words

ODD = [
    "it's",
    'say "no"',
    "#tag",
    "- dash",
    "yes",
    "12",
    "a: b",
    "[x]",
    "tab\there",
    "*",
    "π",
    "\\b",
]


def test_every_line_is_a_phrase_but_comments_and_repeats() -> None:
    pack = read_words("\ufeff# names\nblue bird\r\n\n  cat \ncat\n#not\n", "w.txt")
    assert pack.phrases == ["blue bird", "cat"]
    assert not pack.remarks


def test_lines_that_cannot_be_phrases_are_named() -> None:
    pack = read_words(f"ok\n\u200b\n{'x' * 500}\n", "w.txt")
    assert [(remark.subject, remark.left_out) for remark in pack.remarks] == [
        ("line 2", True),
        ("line 3", True),
    ]


def test_a_list_that_is_too_long_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guardrails.packs.words.MAX_PHRASES", 2)
    pack = read_words("a\nb\nc\n", "w.txt")
    assert pack.phrases == ["a", "b"]
    assert "a policy can hold 2 phrases" in pack.remarks[0].text
    assert MAX_PHRASES > 2


def test_every_text_comes_back_from_yaml_as_it_was() -> None:
    pack = Pack("odd.txt", "words", phrases=ODD)
    values: dict[str, object] = {
        "id": "odd",
        "type": "ODD",
        "expression": "it's [\"#:]\\d{1,2}",
        "keywords": [word for word in ODD if word.isprintable()],
        "allow": {"texts": ODD * 20, "in_match": [f"a{'b' * 90}"]},
    }
    pack.entries.append(Entry(values, ("what: 'it' is\nand # why\x07",)))
    text = write_fragment([pack])
    policy = parse_policy(text, "pack.yaml")
    assert policy.guardrails["keywords"] == {"phrases": ODD}
    assert policy.guardrails["patterns"]["rules"] == [values]
    assert max(map(len, text.splitlines())) <= 110
    assert "# what: 'it' is and # why\n" in text


def test_what_one_of_several_packs_allows_is_allowed_for_its_own_rules() -> None:
    ids = Ids()
    one, other = (
        read_gitleaks(
            f"[allowlist]\nstopwords = ['{word}']\n[[rules]]\nid = 'r'\nregex = 'k=[a-z]+'\n"
            "[[rules.allowlists]]\nstopwords = ['own']",
            "x.toml",
            ids,
        )
        for word in ("first", "second")
    )
    written = parse_policy(write_fragment([one, other]), "p").guardrails["patterns"]
    assert [(rule["id"], rule["allow"]["words"]) for rule in written["rules"]] == [
        ("r", ["own", "first"]),
        ("r-2", ["own", "second"]),
    ]
    assert "allow" not in written


def test_packs_with_nothing_in_them_make_a_policy_of_nothing() -> None:
    assert parse_policy(write_fragment([Pack("x", "words")]), "p").resolve() == ()


def test_more_than_a_policy_can_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("guardrails.packs.fragment.MAX_DOCUMENT_CHARS", 1_000)
    with pytest.raises(PackError, match="import them into several policies"):
        write_fragment([Pack("x", "words", phrases=[f"{n:090}" for n in range(20)])])
