"""Every way to touch a chain, and what is said about it."""

import random

import pytest

from guardrails.chain import Chain, Seal, parse_entry, read_head
from guardrails.verifier import MAX_LISTED_PROBLEMS, Place, Verifier
from tests.audits import audit, record

KEY = b"0123456789abcdef0123456789abcdef"
SEALS = [Seal(), Seal(KEY)]
COUNT = 12


def written(seal: Seal, count: int = COUNT) -> tuple[Chain, list[bytes]]:
    """A chain of two files, its entries numbered as its lines."""
    chain = Chain("audit/0", seal)
    lines = [chain.open_file(1)]
    while len(lines) < count:
        if len(lines) == count // 2:
            lines.append(chain.open_file(2))
        number = len(lines)
        lines.append(chain.append(record(audit(f"s{number}"), number)))
    return chain, lines


def problems(lines, seal: Seal, heads=(), *, whole: bool = True) -> list[tuple[int, str]]:
    verifier = Verifier(seal, heads, whole=whole)
    place = Place("f", 1)
    for number, line in enumerate(lines, 1):
        place = Place("f", number)
        verifier.take(line, place)
    return [(problem.place.line, problem.what) for problem in verifier.finish(place)]


@pytest.mark.parametrize("seal", SEALS, ids=["plain", "keyed"])
class TestOneProblemIsOneMessage:
    """Places are lines; entry n stands in line n + 1."""

    def test_an_untouched_chain_has_none(self, seal):
        assert problems(written(seal)[1], seal) == []

    def test_an_altered_entry(self, seal):
        _, lines = written(seal)
        lines[4] = lines[4].replace(b'"s4"', b'"s5"')
        assert problems(lines, seal) == [
            (5, "entry 4: the line was altered: its hash is that of other bytes")
        ]

    def test_an_altered_index(self, seal):
        _, lines = written(seal)
        lines[4] = lines[4].replace(b'"index":4', b'"index":9')
        assert [line for line, _ in problems(lines, seal)] == [5]

    def test_a_removed_entry(self, seal):
        _, lines = written(seal)
        del lines[4]
        assert problems(lines, seal) == [(5, "entry 4 is missing before this line")]

    def test_removed_entries(self, seal):
        _, lines = written(seal)
        del lines[3:5]
        assert problems(lines, seal) == [(4, "entries 3 to 4 are missing before this line")]

    def test_a_removed_beginning(self, seal):
        _, lines = written(seal)
        found = problems(lines[3:], seal)
        assert (1, "entries 0 to 2 are missing before this line") in found

    def test_a_moved_entry(self, seal):
        _, lines = written(seal)
        lines[3], lines[4] = lines[4], lines[3]
        assert problems(lines, seal) == [(5, "entry 3 stands behind entry 4")]

    def test_a_copied_entry(self, seal):
        _, lines = written(seal)
        lines.insert(5, lines[3])
        assert problems(lines, seal) == [(6, "entry 3 stands here once more")]

    def test_a_foreign_line(self, seal):
        _, lines = written(seal)
        lines.insert(5, b'{"stream_id": "mine"}')
        assert problems(lines, seal) == [(6, "the line is no entry of a chain")]


def test_an_entry_that_was_replaced_with_a_fitting_hash_does_not_fit_the_next_one():
    seal = Seal()
    _, lines = written(seal)
    forger = Chain("audit/0", seal)
    forger.resume(parse_entry(lines[3]), 3, 0)
    lines[4] = forger.append(record(audit("forged"), 4))
    ((line, what),) = problems(lines, seal)
    assert line == 6
    assert what.startswith("entry 5 does not follow entry 4 as it stands here")


def test_without_the_key_a_chain_cannot_be_written_anew():
    forger = Chain("audit/0", Seal())
    forged = [forger.open_file(1), forger.append(record(audit("forged"), 1))]
    assert problems(forged, Seal(KEY)) == [(1, "the file was hashed without a key")]
    # Nor its own hashes passed off as keyed ones.
    plain = b'"algorithm":"sha256","key_id":""'
    assert plain in forged[0]
    keyed = b'"algorithm":"hmac-sha256","key_id":"%b"' % Seal(KEY).key_id.encode()
    hidden = forged[0].replace(plain, keyed)
    assert problems([hidden, *forged[1:]], Seal(KEY)) != []


def test_a_chain_hashed_with_another_key_is_said_once_per_file():
    _, lines = written(Seal(KEY))
    found = problems(lines, Seal(KEY[::-1]))
    assert [what for _, what in found] == ["the file was hashed with another key"] * 2


def test_a_chain_cut_off_at_its_end_is_noticed_by_a_head_alone():
    seal = Seal(KEY)
    chain, lines = written(seal)
    head = read_head(chain.head(), seal)
    assert problems(lines, seal, [head]) == []
    assert problems(lines[:-2], seal) == []
    ((line, what),) = problems(lines[:-2], seal, [head])
    assert line == COUNT - 2
    assert f"cut off: it ends with entry {COUNT - 3}" in what
    assert f"an entry {COUNT - 1}" in what
    assert "the chain was cut off: it is empty" in problems([], seal, [head])[0][1]


def test_a_chain_written_anew_is_noticed_by_a_head_even_without_a_key():
    seal = Seal()
    chain, lines = written(seal)
    head = read_head(chain.head(), seal)
    forger = Chain("audit/0", seal)
    forged = [forger.open_file(1)]
    forged += [forger.append(record(audit(f"x{n}"), n)) for n in range(1, len(lines) + 3)]
    assert problems(forged, seal) == []
    ((line, what),) = problems(forged, seal, [head])
    assert line == COUNT
    assert "is not the one of which the head speaks" in what


def test_an_old_head_holds_for_a_chain_that_has_grown():
    seal = Seal(KEY)
    chain, lines = written(seal)
    head = read_head(chain.head(), seal)
    lines += [chain.append(record(audit(f"n{n}"), n)) for n in range(100, 105)]
    assert problems(lines, seal, [head]) == []


def test_without_its_first_files_a_chain_is_believed_from_where_it_begins():
    seal = Seal(KEY)
    chain, lines = written(seal)
    rest = lines[COUNT // 2 :]
    assert problems(rest, seal) != []
    verifier = Verifier(seal, [read_head(chain.head(), seal)], whole=False)
    for number, line in enumerate(rest, 1):
        verifier.take(line, Place("f", number))
    assert verifier.finish(Place("f", len(rest))) == []


def test_a_head_of_files_that_were_moved_away_is_counted_as_unchecked():
    seal = Seal(KEY)
    chain = Chain("audit/0", seal)
    chain.open_file(1)
    head = read_head(chain.head(), seal)
    rest = [chain.open_file(2), chain.append(record(audit(), 1))]
    verifier = Verifier(seal, [head], whole=False)
    for number, line in enumerate(rest, 1):
        verifier.take(line, Place("f", number))
    assert verifier.finish(Place("f", 2)) == []
    assert verifier.unchecked_heads == 1


def test_a_record_that_was_appended_twice_is_noticed_by_its_offset():
    seal = Seal()
    chain, lines = written(seal)
    lines.append(chain.append(record(audit("again"), 5)))
    assert problems(lines, seal) == [(COUNT + 1, "the record at offset 5 was appended once more")]


def test_a_file_of_another_chain_is_noticed():
    seal = Seal()
    _, lines = written(seal)
    other = Chain("audit/7", seal)
    other.resume(parse_entry(lines[-1]), 99, 0)
    lines.append(other.open_file(3))
    assert problems(lines, seal) == [
        (COUNT + 1, "the file belongs to chain audit/7, not to audit/0")
    ]


def test_problems_are_counted_and_the_first_of_them_listed():
    verifier = Verifier(Seal())
    for number in range(1, 500):
        verifier.take(b"x", Place("f", number))
    assert len(verifier.finish(Place("f", 500))) == MAX_LISTED_PROBLEMS
    assert verifier.problem_count == 499


@pytest.mark.parametrize("seed", range(300))
def test_no_touch_of_a_keyed_chain_goes_unnoticed(seed):
    rng = random.Random(seed)
    seal = Seal(KEY)
    chain, lines = written(seal, rng.randrange(8, 30))
    head = read_head(chain.head(), seal)
    before = list(lines)
    for _ in range(rng.randrange(1, 4)):
        touch(lines, rng)
    if lines == before:
        return
    assert problems(lines, seal, [head]) != []


def touch(lines: list[bytes], rng: random.Random) -> None:
    place = rng.randrange(len(lines))
    match rng.randrange(5):
        case 0:
            del lines[place]
        case 1:
            lines.insert(rng.randrange(len(lines)), lines[place])
        case 2:
            other = rng.randrange(len(lines))
            lines[place], lines[other] = lines[other], lines[place]
        case 3:
            content = bytearray(lines[place])
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
            lines[place] = bytes(content)
        case _:
            del lines[place + 1 :]
