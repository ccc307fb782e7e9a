"""JSON that streams: the verdict of Python's reader, at the first character that decides it."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.content.json import JSON, JsonOptions, build_json
from guardrails.content.json_syntax import MAX_NUMBER_CHARS
from guardrails.plan import Plan
from guardrails.policy import Policy
from guardrails.session import Session
from tests import chunking
from tests.streaming import stream

Found = list[tuple[str, int]]


def plan_of(**options: Any) -> Plan:
    return Plan(Policy(guardrails={"json": options}))


WHOLE = plan_of(mode="monitor", action="warn")


def found(plan: Plan, chunks: Sequence[str], *, pickled: bool = False) -> Found:
    """Types and places of all findings; the state pickled after every chunk if so asked."""
    session = Session("json", plan)
    verdicts = []
    for chunk in chunks:
        verdicts.append(session.push(chunk))
        if pickled:
            session = Session.restore(pickle.loads(pickle.dumps(session.snapshot())), plan)
    verdicts.append(session.finish())
    return [(item.type, item.start) for verdict in verdicts for item in verdict.findings]


def found_however_cut(plan: Plan, text: str, random: Random) -> Found:
    whole = found(plan, [text])
    for chunks in chunking.strategies(text, random, [(at, at + 1) for _, at in whole]):
        assert found(plan, chunks, pickled=True) == whole, (text, chunks)
    return whole


def refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and Infinity are Python's own


def is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)
SIGNS = '{}[]",:\\/u00aAbeE.+-tfnrul \n\t\x01\x7fé١'


@st.composite
def written(draw: st.DrawFn) -> str:
    """A document as some writer lays it out."""
    ascii_only, indent = draw(st.booleans()), draw(st.sampled_from([None, 1]))
    return json.dumps(draw(DOCUMENTS), ensure_ascii=ascii_only, indent=indent)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A document in which a few characters were put in, taken out, or where the end is missing."""
    text = draw(written())
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        kind = draw(st.sampled_from(["insert", "insert", "remove", "cut"]))
        if kind == "insert":
            text = text[:at] + draw(st.sampled_from(SIGNS)) + text[at:]
        else:
            text = text[:at] + (text[at + 1 :] if kind == "remove" else "")
    return text


@settings(deadline=None, max_examples=300)
@given(mutated(), st.randoms(use_true_random=False))
def test_the_verdict_is_that_of_pythons_reader_however_the_text_is_cut(
    text: str, random: Random
) -> None:
    findings = found_however_cut(WHOLE, text, random)
    assert findings == findings[:1]
    if text:
        assert (not findings) == is_json(text)


@settings(deadline=None, max_examples=100)
@given(written(), st.integers(0, 10_000))
def test_no_beginning_of_a_document_is_a_finding_before_its_end(text: str, cut: int) -> None:
    session = Session("json", WHOLE)
    assert session.push(text[: cut % (len(text) + 1)]).findings == ()


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Here: {}", 0),
        ('{"a" 1}', 5),
        ("[1,]", 3),
        ('{"a":1,}', 7),
        ("{1:2}", 1),
        ("01", 1),
        ("-x", 1),
        ("1.e3", 2),
        ("nul!", 3),
        ("NaN", 0),
        ('"a\nb"', 2),
        (r'"\x41"', 2),
        (r'"\u12g4"', 5),
        ("{} {}", 3),
        ("[1}", 2),
        ("\ufeff{}", 0),
        ("[1, 2", 4),
        ('{"a": ', 5),
        ("-", 0),
        (" \n", 1),
        ('"\\', 1),
    ],
)
def test_the_finding_is_the_first_character_that_no_document_has_there(text: str, at: int) -> None:
    assert found_however_cut(WHOLE, text, Random(1)) == [("INVALID_JSON", at)]


def test_a_reply_is_cut_before_its_first_wrong_character_and_holds_only_the_last() -> None:
    plan = plan_of()
    streamed = stream(plan, list('{"name": "Ada", oops'))
    assert "".join(text for _, _, text, _ in streamed.answer.shown) == '{"name": "Ada", '
    assert streamed.answer.blocked
    assert max(verdict.held for verdict in streamed.verdicts) == 1
    session = Session("done", plan)
    assert session.push('{"a": [1]}').held == 0


def test_a_redaction_would_have_no_end_so_it_is_a_block() -> None:
    assert stream(plan_of(action="redact"), ["[1, 2, oops]"]).answer.blocked


def test_nesting_and_numbers_have_limits() -> None:
    plan = plan_of(max_depth=3, mode="monitor", action="warn")
    assert found(plan, ["[[[1]]]"]) == []
    assert found(plan, ['[[{"a": [1]}]]']) == [("INVALID_JSON", 8)]
    assert found(WHOLE, ["9" * MAX_NUMBER_CHARS]) == []
    assert found(WHOLE, ["9" * 5_000]) == [("INVALID_JSON", MAX_NUMBER_CHARS)]


def test_the_state_does_not_grow_with_the_document() -> None:
    session = Session("long", WHOLE)
    session.push('{"a": ["')
    before = len(pickle.dumps(session.snapshot()))
    for number in range(200):
        session.push('word \\u00e9", ' + f'{number}, "')
    assert len(pickle.dumps(session.snapshot())) < before + 40


FORM = {
    "type": "object",
    "required": ["name", "age"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 5},
        "age": {"type": "integer", "minimum": 0, "maximum": 150},
        "kind": {"enum": ["a", "é😀", 1, None, True]},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
        "more": {"type": ["object", "null"], "additionalProperties": {"const": 7}},
    },
}


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('{"name": "Ada", "age": 36}', None),
        ('{"age": 3.6e1, "name": "Adabc", "kind": "\\u00e9\\ud83d\\ude00", "tags": ["x"]}', None),
        ('{"name": "Ada", "age": 1, "kind": 1.0, "more": {"x": 7, "y": 7.0}}', None),
        ('{"name": "\\ud83d\\ude00\\ud83d\\ude00", "age": 1, "more": null, "kind": true}', None),
        ("[", "["),
        ('{"name": "Ada"}', "}"),
        ('{"name": "A"', '"'),
        ('{"name": "Adabcd"', '"'),
        ('{"name": 5', "5"),
        ('{"age": 151,', ","),
        ('{"age": -1 ', " "),
        ('{"age": 1.5}', "}"),
        ('{"other"', '"'),
        ('{"kind": "b"', '"'),
        ('{"kind": false', "e"),
        ('{"kind": 2,', ","),
        ('{"kind": {', "{"),
        ('{"tags": []', "]"),
        ('{"tags": ["a", 1', "1"),
        ('{"tags": ["a", "b", "', '"'),
        ('{"more": {"x": 8}', "}"),
        ('{"more": [', "["),
    ],
)
def test_a_value_that_breaks_the_schema_is_found_where_it_would_be_complete(
    text: str, wrong: str | None
) -> None:
    plan = plan_of(json_schema=FORM, mode="monitor", action="warn")
    whole = [item for item in found_however_cut(plan, text, Random(2)) if item[0] != "INVALID_JSON"]
    assert whole == ([] if wrong is None else [("SCHEMA_VIOLATION", len(text) - 1)])
    assert wrong is None or text.endswith(wrong)


def test_a_number_that_is_all_of_the_text_is_checked_at_its_end() -> None:
    plan = plan_of(json_schema={"maximum": 5}, mode="monitor", action="warn")
    assert found_however_cut(plan, "50", Random(3)) == [("SCHEMA_VIOLATION", 1)]


def random_schema(random: Random, depth: int = 0) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    if random.random() < 0.5:
        types = ["object", "array", "string", "number", "integer", "boolean", "null"]
        schema["type"] = random.choice([random.choice(types), random.sample(types, 3)])
    if random.random() < 0.2:
        schema["enum"] = random.sample([1, 2.5, "a", "bc", True, None, 0], 3)
    if random.random() < 0.3:
        schema["minimum"] = random.choice([0, 1.5])
        schema["maxLength"] = random.choice([0, 1, 2])
    if depth < 3 and random.random() < 0.6:
        names = random.sample("abcd", 2)
        schema["properties"] = {name: random_schema(random, depth + 1) for name in names}
        schema["required"] = random.sample("abcd", random.choice([0, 1]))
        schema["additionalProperties"] = random.choice([True, False, {"type": "string"}])
        schema["items"] = random_schema(random, depth + 1)
        schema["maxItems"] = random.choice([1, 3])
        schema["minItems"] = random.choice([0, 1])
    return schema


def random_value(random: Random, depth: int = 0) -> Any:
    kind = random.random()
    if depth < 3 and kind < 0.3:
        return {name: random_value(random, depth + 1) for name in random.sample("abcd", 2)}
    if depth < 3 and kind < 0.5:
        return [random_value(random, depth + 1) for _ in range(random.randint(0, 3))]
    return random.choice([0, 1, 1.0, 2.5, -3, "a", "bc", "", True, False, None])


def test_random_schemas_give_the_verdict_of_jsonschema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    random = Random(4)
    verdicts = []
    for _ in range(1_000):
        schema, value = random_schema(random), random_value(random)
        plan = plan_of(json_schema=schema, mode="monitor", action="warn")
        good = found(plan, [json.dumps(value)]) == []
        assert good == jsonschema.Draft202012Validator(schema).is_valid(value), (schema, value)
        verdicts.append(good)
    assert 0.2 < sum(verdicts) / len(verdicts) < 0.8


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"anyOf": []}, "'anyOf' is not supported"),
        ({"properties": {"a": {"pattern": "x"}}}, "'properties.a': 'pattern' is not supported"),
        ({"items": {"type": "text"}}, "'items.type': expected one or several of object, array"),
        ({"enum": [{}]}, "'enum': expected texts, numbers"),
        ({"minLength": -1}, "'minLength': expected a whole number"),
        ({"additionalProperties": 3}, "'additionalProperties': expected a mapping"),
    ],
)
def test_what_a_schema_cannot_say_is_refused_by_name(schema: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match="json_schema") as error:
        JsonOptions(json_schema=schema)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('Sure:\n```json\n{"a": 1}\n```\nDone.', []),
        ('```JSON\n{"a": "```"}\n```', []),
        ("~~~~ json extra\n[1,\n 2]\n  ~~~~~ \n```json\n{}\n```", []),
        ("```json\n[1]", []),
        ("```python\n{'a'}\n```\n\n```json\n[]\n```\n{", []),
        ("````md\n```json\n{oops\n```\n````\n```json\n1\n```", []),
        ("no block at all.", [15]),
        ("```json {}``` in a line", [22]),
        ("```json\n{oops}\n```\n", [9]),
        ("```json\n{oops}\n```\n```json\n[1 2]\n```", [9, 30]),
        ("```json\n[1\n```", [13]),
        ("```json\n[1", [9]),
        ("```json\n```", [10]),
        ("```json\n[1]\n``", [13]),
        ("```json\n[1]\n``\n", [14]),
        ("```json\n[1]\n    ```", [16]),
        ("```json\n[1] ```", [12]),
    ],
)
def test_blocks_of_a_markdown_text_are_documents(text: str, places: list[int]) -> None:
    plan = plan_of(where="fence", mode="monitor", action="warn")
    assert [at for _, at in found_however_cut(plan, text, Random(5))] == places


def is_sound(text: str) -> bool:
    """Whether a Markdown text has a JSON block and every such block is JSON, line by line."""
    fence, block, documents = "", None, 0
    *lines, last = text.split("\n")
    for number, line in enumerate([*lines, last]):
        opening = re.match(r" {0,3}(`{3,}(?!.*`)|~{3,})[ \t]*([^\s`]*)", line)
        if not fence:
            # A fence that ends the text opens nothing.
            if opening and number < len(lines):
                fence = opening[1]
                block = [] if opening[2].lower() == "json" else None
        elif block is None:
            if re.fullmatch(rf" {{0,3}}{fence}{fence[0]}*\s*", line):
                fence = ""
        elif re.match(rf" {{0,3}}{fence}", line):
            if not is_json("\n".join(block)):
                return False
            fence, block, documents = "", None, documents + 1
        else:
            block.append(line)
    if block is not None:
        return is_json("\n".join(block))
    return documents > 0


def test_random_markdown_has_a_finding_if_a_block_is_wrong_or_there_is_none() -> None:
    random = Random(6)
    plan = plan_of(where="fence", mode="monitor", action="warn")
    parts = ["```", "json", "\n", "\n", "`", "~~~", " ", "[1]", "[", "]", '"', "{}", "x", "    "]
    sound = 0
    for _ in range(600):
        text = "".join(random.choices(parts, k=random.randint(1, 14)))
        for _ in range(random.choice([0, 1, 2])):
            block = random.choice(["```json\n[1]\n```\n", "~~~ json\n{}\n~~~\n", "```\nx\n```\n"])
            text = random.choice([block + text, text + "\n" + block])
        assert (found_however_cut(plan, text, random) == []) == is_sound(text), text
        sound += is_sound(text)
    assert 60 < sound < 540


def test_a_family_does_not_start_it_and_its_own_entry_does() -> None:
    assert "json" not in Plan(Policy(guardrails={"content": {}})).bound_rules
    rules = Plan(Policy(guardrails={"content": {}, "json": {"json_schema": {}}})).bound_rules
    assert {"json", "json-schema"} <= set(rules)
    assert all(rule.scanner for rule in build_json(JsonOptions()))
    assert JSON.by_name


def test_another_schema_is_another_version_of_the_policy() -> None:
    versions = {
        Policy(guardrails={"json": {"json_schema": schema}}).version
        for schema in ({}, {"type": "object"}, {"type": "object", "required": ["a"]})
    }
    assert len(versions) == 3
