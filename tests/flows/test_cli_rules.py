"""`tidegate rules import`: packs in, a policy out, and nothing lost in silence."""

import pytest

from guardrails import parse_policy
from tests.flows.command import Command

PACK = """
[[rules]]
id = "acme-key"
regex = '''(?i)acme[_-]?key\\s*=\\s*([a-z0-9]{12})'''
[[rules]]
id = "key-file"
path = '''\\.pem$'''
"""
RECOGNIZERS = "recognizers: [{name: badge, supported_entity: BADGE, deny_list: [B-1]}]\n"


@pytest.fixture
def packs(tidegate: Command) -> Command:
    tidegate.write("acme.toml", PACK)
    tidegate.write("badge.yaml", RECOGNIZERS)
    tidegate.write("words.txt", "# no\nblue bird\n")
    return tidegate


def test_packs_of_all_kinds_become_one_policy(packs: Command) -> None:
    result = packs("rules", "import", "acme.toml", "badge.yaml", "words.txt")
    assert result.code == 0
    policy = parse_policy(result.out, "out.yaml")
    assert [rule.id for one in policy.resolve() for rule in one.rules] == [
        *("keywords", "acme-key", "badge-deny-list")
    ]
    assert "acme.toml: not carried over: key-file: it looks at the names of files" in result.err
    assert "acme.toml: carried over: 1 rules; not carried over: 1; notes: 1" in result.err
    assert "#   key-file: it looks at the names of files" in result.out


def test_what_is_written_to_a_file_can_be_used_at_once(packs: Command) -> None:
    assert packs("rules", "import", "acme.toml", "--output", "out.yaml").out == ""
    assert packs("policy", "check", "out.yaml").code == 0
    rows = '{"id": 1, "text": "acme_key = k7q2m9x4w8v3"}\n'
    scanned = packs("scan", "--policy", "out.yaml", "-", stdin=rows.encode())
    assert [one["rule"] for one in scanned.rows[0]["findings"]] == ["acme-key"]


def test_a_prefix_tells_its_rules_from_others(packs: Command) -> None:
    out = packs("rules", "import", "acme.toml", "--prefix", "gl-").out
    assert "id: gl-acme-key" in out


def test_strict_ends_with_1_where_anything_was_left_out(packs: Command) -> None:
    result = packs("rules", "import", "--strict", "acme.toml", "--output", "out.yaml")
    assert result.code == 1
    assert (packs.directory / "out.yaml").exists()
    assert packs("rules", "import", "--strict", "badge.yaml").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("missing.toml",), 2, "missing.toml: cannot be read"),
        (("--format", "snort", "words.txt"), 2, "rror"),
        ((), 2, "rror"),
        (("--format", "gitleaks", "words.txt"), 1, "words.txt: this is no TOML"),
        (("broken.yaml",), 1, "broken.yaml:1:5: this is not YAML"),
        (("broken.yaml",), 1, "--format says what it is"),
        (("latin1.txt",), 1, "latin1.txt:2: byte 0xE9 is not UTF-8"),
        (("words.txt", "--output", "nowhere/out.yaml"), 3, "nowhere/out.yaml"),
    ],
)
def test_a_call_that_cannot_be_served_says_why(
    packs: Command, arguments: tuple[str, ...], code: int, expected: str
) -> None:
    packs.write("broken.yaml", "a: b: c\n")
    packs.write("latin1.txt", b"ok\ncaf\xe9\n")
    result = packs("rules", "import", *arguments)
    assert (result.code, result.out) == (code, "")
    assert expected in result.err
    assert "Traceback" not in result.err
