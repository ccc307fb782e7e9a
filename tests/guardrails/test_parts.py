"""Large verdicts in several records."""

import msgspec

from guardrails import default_plan
from guardrails.events import Verdict, encode
from guardrails.parts import encode_parts
from guardrails.reader import Reader
from guardrails.session import Session


def parts_of(verdict: Verdict, max_bytes: int) -> list[Verdict]:
    records = encode_parts(verdict, max_bytes)
    assert all(len(record) <= max_bytes for record in records)
    return [msgspec.json.decode(record, type=Verdict) for record in records]


def test_an_ordinary_verdict_is_one_record():
    verdict = Session("s", default_plan()).push("hello there", final=True)
    assert encode_parts(verdict) == [encode(verdict)]


def test_a_large_verdict_in_parts_says_the_same_to_a_reader():
    text = "mail ada@example.org or call nobody. 北京 😀 " * 200
    verdict = Session("s", default_plan()).push(text, final=True)
    parts = parts_of(verdict, 4_000)
    assert len(parts) > 3
    whole, cut = Reader(), Reader()
    expected = "".join(segment.text for segment in whole.read(verdict))
    assert "".join(s.text for part in parts for s in cut.read(part)) == expected
    assert cut.gaps == []
    assert tuple(f for part in parts for f in part.findings) == verdict.findings
    assert [part.state for part in parts] == ["active"] * (len(parts) - 1) + ["complete"]
    assert [part.frontier for part in parts] == sorted(part.frontier for part in parts)
    assert {part.frontier + part.held for part in parts} == {verdict.frontier + verdict.held}


def test_one_long_plain_segment_is_cut_in_its_text():
    verdict = Session("s", default_plan()).push("tide " * 5_000, final=True)
    assert len(verdict.segments) == 1
    parts = parts_of(verdict, 3_000)
    assert "".join(s.text for part in parts for s in part.segments) == "tide " * 5_000


def test_findings_alone_are_divided_too():
    verdict = Session("s", default_plan()).push("x 10.20.30.40 " * 300, final=True)
    bare = msgspec.structs.replace(verdict, segments=())
    parts = parts_of(bare, 3_000)
    assert tuple(f for part in parts for f in part.findings) == verdict.findings
