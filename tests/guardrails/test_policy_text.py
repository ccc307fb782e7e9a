"""Policies as people write them: what is accepted, and what every mistake is told."""

import time

import pytest

from guardrails import default_policy, parse_policy
from guardrails.document import MAX_DOCUMENT_CHARS, Node, read_document
from guardrails.errors import PolicyError
from guardrails.policy_text import MAX_REPORTED


def problems(text: str) -> list[str]:
    """The lines of the error a policy is refused with."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, "p.yaml")
    return str(caught.value).splitlines()


def the_problem(text: str) -> str:
    lines = problems(text)
    assert len(lines) == 1, lines
    return lines[0]


def test_the_shipped_policy_runs_every_family() -> None:
    families = {setting.guardrail.family for setting in default_policy().resolve()}
    assert families == {"pii", "secrets", "content"}


def test_all_problems_of_a_file_are_listed_in_the_order_of_its_lines() -> None:
    lines = problems(
        "nmae: x\n"
        "enforcement: enforced\n"
        "limits:\n"
        "  idle_timeout_s: -3\n"
        "  max_early_chunks: '4'\n"
        "guardrails:\n"
        "  emial: {}\n"
        "  pii: {acton: redact}\n"
        "  phone: {action: redakt}\n"
    )
    assert [line.split(": ")[0] for line in lines] == [
        *("p.yaml:1:1", "p.yaml:2:14", "p.yaml:4:19", "p.yaml:5:21"),
        *("p.yaml:7:3", "p.yaml:8:9", "p.yaml:9:19"),
    ]
    suggestions = [line.rpartition("did you mean ")[2] for line in lines if "did you mean" in line]
    assert suggestions == ["'name'?", "'enforce'?", "'email'?", "'action'?", "'redact'?"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "p.yaml:1:1: this is no policy; expected a mapping with at least the key"),
        ("# only a comment\n", "got an empty file"),
        ("- a\n- b\n", "p.yaml:1:1: this is no policy; expected a mapping"),
        ("just words", "got 'just words'"),
        ("{}", "p.yaml:1:1: 'guardrails' is missing"),
        ("guardrails: [", "p.yaml:1:14: this is not YAML"),
        ("guardrails:\n\tpii: {}", "p.yaml:2:1: this is not YAML: found character '\\t'"),
        ("guardrails: {}\nname: a: b", "p.yaml:2:8: this is not YAML: mapping values are not"),
        ("name: 'a", "this is not YAML"),
        ("guardrails: {}\nname: a\0b", "p.yaml:2:8: character U+0000 is not allowed"),
        ("guardrails: {}\nname: a\x07b", "p.yaml:2:8: character U+0007 is not allowed"),
        ("guardrails: {}\nname: \ud800", "p.yaml:2:7: character U+D800 is not allowed"),
        ('guardrails: {}\nname: "a\\0"', "p.yaml:2:7: an escape stands for U+0000"),
        ('guardrails: {}\nname: "\\ud83d"', "p.yaml:2:7: an escape stands for"),
        ('guardrails: {}\nname: "\\UFFFFFFFF"', "p.yaml:2:1: this cannot be read as YAML"),
        ("guardrails: {}\n---\nname: x", "p.yaml:2:1: a second document begins here"),
        ("guardrails: {}\nguardrails: {}", "p.yaml:2:1: key 'guardrails' stands here again; it is"),
        ("? [a]\n: 1", "a key must be a word"),
        ("guardrails: 3", "p.yaml:1:13: 'guardrails' must be a mapping of keys to values, got 3"),
        ("guardrails: []", "'guardrails' must be a mapping of keys to values, got a list"),
        ("guardrails:", "'guardrails' must be a mapping of keys to values, got nothing"),
        (
            "guardrails: {email: block}",
            "'email' must be a mapping of settings, got 'block'; did you ",
        ),
        (
            "guardrails: {email: [1]}",
            "p.yaml:1:21: 'email' must be a mapping of settings, got a list",
        ),
        (
            "guardrails: {}\nname: [x]",
            "'name': must be a valid string, got a list; put it in quotes",
        ),
        ("guardrails: {}\nname: 3", "p.yaml:2:7: 'name': must be a valid string, got 3"),
        ("guardrails: {}\nname: ''", "'name': must have at least 1 character, got ''"),
        (
            "guardrails: {}\nlabel: '{tpye}'",
            "'label': expected {type} or {rule}, got {tpye}; did you",
        ),
        ("guardrails: {}\non_gap: off", "'on_gap': expected one of block, warn, got 'off'"),
        ("guardrails: {}\non_gap: true", "'on_gap': expected one of block, warn, got true"),
        (
            "guardrails: {}\nlimits: {max_age_s: .nan}",
            "'limits.max_age_s': must be a finite number",
        ),
        (
            "guardrails: {}\nlimits: {max_age_s: .inf}",
            "'limits.max_age_s': must be a finite number",
        ),
        ("guardrails: {}\nlimits: {max_age_s: true}", "must be a valid number, got true"),
        ("guardrails: {}\nlimits: {max_age_s: 1e9}", "must be less than or equal to 604800, got"),
        ("guardrails: {}\nlimits: {max_early_chunks: 1.5}", "must be a valid integer, got 1.5"),
        ("guardrails: {}\nlimits: 3", "p.yaml:2:9: 'limits' must be a mapping"),
        ("guardrails: {pii: {phrases: [a]}}", "'phrases' is no known setting of a family"),
        ("guardrails: {email: {phrases: [a]}}", "'phrases' is no known setting of 'email'"),
        (
            "guardrails: {keywords: {phrases: [a, 3]}}",
            "p.yaml:1:38: 'keywords.phrases[1]': must be",
        ),
        (
            "guardrails: {keywords: {phrases: a}}",
            "p.yaml:1:34: 'keywords.phrases': must be a valid",
        ),
        ("guardrails: {keywords: {whole_word: no}}", "did you mean 'whole_words'?"),
        (
            "guardrails: {length: {max_chars: 0}}",
            "'length.max_chars': must be greater than or equal",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, expected: str) -> None:
    assert expected in the_problem(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("guardrails: {email: &a {}, phone: *a}", ["anchors", "aliases"]),
        ("guardrails: {email: !!python/object:os.system {}}", ["tags"]),
        ("a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]", ["anchors", "anchors"] + ["aliases"] * 4),
        ("guardrails: {email: {<<: &x {mode: block}}}", ["anchors"]),
    ],
)
def test_anchors_aliases_and_tags_are_refused_one_by_one(text: str, expected: list[str]) -> None:
    lines = problems(text)
    found = [word for line in lines for word in ("anchors", "aliases", "tags") if word in line]
    assert sorted(found) == sorted(expected)


def test_a_billion_laughs_cost_no_more_than_their_text() -> None:
    levels = "\n".join(f"k{n}: &k{n} [{','.join([f'*k{n - 1}'] * 9)}]" for n in range(1, 30))
    started = time.perf_counter()
    lines = problems(f"k0: &k0 lol\n{levels}\n")
    assert time.perf_counter() - started < 5
    assert len(lines) == MAX_REPORTED + 1
    assert "more problems" in lines[-1]


def test_a_file_of_ten_megabytes_is_refused_unread() -> None:
    started = time.perf_counter()
    line = the_problem("guardrails:\n" + "  # padding\n" * 900_000)
    assert f"at most {MAX_DOCUMENT_CHARS:,}" in line
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("text", ["[" * 5000, "a: {b: " * 5000, "- " * 5000, "? " * 3000])
def test_hostile_nesting_ends_with_an_error(text: str) -> None:
    started = time.perf_counter()
    assert problems(text)[0].startswith("p.yaml:1:")
    assert time.perf_counter() - started < 5


def test_no_message_repeats_a_long_value() -> None:
    line = the_problem(f"guardrails: {{}}\nname: {'secret' * 500}")
    assert len(line) < 200
    assert "must have at most 128 characters" in line


def test_a_byte_order_mark_and_windows_line_ends_are_accepted() -> None:
    assert parse_policy("\ufeffname: x\r\nguardrails: {pii: {}}\r\n", "p.yaml").name == "x"


def test_words_that_other_yaml_reads_as_booleans_are_text() -> None:
    assert parse_policy("name: off\nguardrails: {}", "p.yaml").name == "off"


def test_an_entry_without_settings_means_the_defaults() -> None:
    policy = parse_policy("guardrails:\n  email:\n", "p.yaml")
    assert [setting.guardrail.id for setting in policy.resolve()] == ["email"]


def paths(node: Node) -> list[tuple[str | int, ...]]:
    below = [(step, *rest) for step, child in node.children.items() for rest in paths(child)]
    return [*((step,) for step in node.children), *below]


def test_every_value_of_a_document_can_be_located() -> None:
    document = read_document(
        "guardrails:\n  pii: {action: redact}\n  keywords:\n    phrases: [a]\n"
    )
    places = {path: document.locate(path).line for path in paths(document)}
    assert places[("guardrails", "keywords", "phrases", 0)] == 4
    assert len(places) == 6


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("(a+)+b", "the expression can explode: inside a repeat, 'a' again and again"),
        ("(a", "missing ), unterminated subpattern at position 0"),
        ("a*", "matches the empty text; make one part of it mandatory"),
        ("(?<=a(?=bc))b", "reads what no width bounds; write what it refers to out"),
        ("[z-a]", "bad character range z-a at position 1"),
        ("(?:a{5000}){50}", "more than 32,768"),
        ("*a", "nothing to repeat at position 0"),
        ("", "must have at least 1 character"),
    ],
)
def test_a_pattern_that_cannot_be_used_is_named_with_its_reason(
    expression: str, expected: str
) -> None:
    line = the_problem(
        "guardrails:\n  patterns:\n    rules:\n"
        "      - {id: good, type: GOOD, expression: 'fine'}\n"
        f"      - id: mine\n        type: MINE\n        expression: '{expression}'\n"
    )
    assert line.startswith("p.yaml:7:21: 'patterns.rules[1].expression': ")
    assert expected in line


def test_a_pattern_may_not_take_the_id_of_a_shipped_rule() -> None:
    rule = "{id: github-pat, type: T, expression: abc}"
    line = the_problem(f"guardrails: {{github: {{}}, patterns: {{rules: [{rule}]}}}}")
    assert "rule id 'github-pat' of 'patterns' is already used by 'github'" in line


def test_two_patterns_may_not_share_an_id() -> None:
    rule = "{id: mine, type: T, expression: abc}"
    line = the_problem(f"guardrails: {{patterns: {{rules: [{rule}, {rule}]}}}}")
    assert "rules[1] has the id 'mine' of rules[0]" in line


def test_context_chars_without_context_are_a_mistake() -> None:
    rule = "{id: mine, type: T, expression: abc, context_chars: 3}"
    line = the_problem(f"guardrails: {{patterns: {{rules: [{rule}]}}}}")
    assert "add the words to look for" in line
