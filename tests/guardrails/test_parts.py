"""Large verdicts in several records."""

import msgspec

from guardrails import default_plan
from guardrails.events import CheckText, Segment, Verdict, encode
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
    verdict = Session("s", default_plan()).push("x 198.41.0.4 " * 300, final=True)
    bare = msgspec.structs.replace(verdict, segments=())
    parts = parts_of(bare, 3_000)
    assert tuple(f for part in parts for f in part.findings) == verdict.findings


def test_a_large_text_for_the_checks_in_parts_is_the_same_text():
    segments, original, at = [], "", 0
    for number in range(300):
        for text, rule in ((f"plain {number} 北京 ", None), ("[EMAIL_ADDRESS]", "email")):
            written = text if rule is None else "a@b.co"
            named = msgspec.UNSET if rule is None else rule
            segments.append(Segment(at, at + len(written), text, named))
            original += written
            at += len(written)
    whole = CheckText("s", 0, at, tuple(segments), original)
    records = encode_parts(whole, 2_000)
    assert all(len(record) <= 2_000 for record in records)
    parts = [msgspec.json.decode(record, type=CheckText) for record in records]
    assert len(parts) > 10
    assert [part.start for part in parts] == [0, *(part.end for part in parts[:-1])]
    assert tuple(one for part in parts for one in part.segments) == whole.segments
    assert "".join(str(part.original) for part in parts) == original
    assert all(len(str(part.original)) == part.end - part.start for part in parts)


def test_a_long_plain_text_for_the_checks_is_cut_in_its_text():
    text = "tide " * 5_000
    whole = CheckText("s", 10, 10 + len(text), (Segment(10, 10 + len(text), text),))
    parts = [msgspec.json.decode(one, type=CheckText) for one in encode_parts(whole, 3_000)]
    assert "".join(segment.text for part in parts for segment in part.segments) == text
    assert [part.start for part in parts] == [10, *(part.end for part in parts[:-1])]
