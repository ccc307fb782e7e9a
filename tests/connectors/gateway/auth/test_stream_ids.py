"""Ids of streams: whose they are, and that nobody else learns anything."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.gateway.auth import stream_ids
from connectors.gateway.auth.keychain import Keychain
from connectors.gateway.auth.principal import ALL_SCOPES, Forbidden, Principal, Scope
from connectors.gateway.auth.stream_ids import Access, StreamIds, UnknownStream

IDS = StreamIds(Keychain([b"s" * 32]))
PLUGIN = Principal("acme", "key:plugin", frozenset({Scope.PRODUCE, Scope.READ}))
COLLEAGUE = Principal("acme", "key:other", frozenset({Scope.PRODUCE, Scope.READ}))
ADMIN = Principal("acme", "key:admin", frozenset({Scope.ADMINISTER}))
STRANGER = Principal("rival", "key:plugin", ALL_SCOPES)


def test_an_id_has_60_characters_that_need_no_escape_in_an_address() -> None:
    stream_id = IDS.new(PLUGIN)
    assert len(stream_id) == 60
    assert stream_id.replace("-", "").replace("_", "").isalnum()
    assert stream_id.isascii()


def test_two_ids_are_never_the_same() -> None:
    assert len({IDS.new(PLUGIN) for _ in range(1000)}) == 1000


def test_whoever_began_a_stream_may_write_and_read_it() -> None:
    stream_id = IDS.new(PLUGIN)
    assert IDS.access(stream_id, PLUGIN) is Access.OWN
    IDS.require_write(stream_id, PLUGIN)
    IDS.require_read(stream_id, PLUGIN)


def test_another_replica_with_the_secret_knows_it_too() -> None:
    other = StreamIds(Keychain([b"s" * 32]))
    assert other.access(IDS.new(PLUGIN), PLUGIN) is Access.OWN


def test_an_administrator_of_the_tenant_reads_it_and_does_not_write_it() -> None:
    stream_id = IDS.new(PLUGIN)
    IDS.require_read(stream_id, ADMIN)
    writing_admin = Principal("acme", "key:admin", ALL_SCOPES)
    with pytest.raises(UnknownStream):
        IDS.require_write(stream_id, writing_admin)


@pytest.mark.parametrize("principal", [COLLEAGUE, STRANGER])
def test_for_everybody_else_there_is_no_such_stream(principal: Principal) -> None:
    messages = set()
    for stream_id in (IDS.new(PLUGIN), IDS.new(STRANGER)[:-1] + "!", "A" * 60, "", "x" * 10_000):
        for require in (IDS.require_read, IDS.require_write):
            with pytest.raises(UnknownStream) as caught:
                require(stream_id, principal)
            messages.add(str(caught.value))
    assert len(messages) == 1


@pytest.mark.parametrize(
    ("require", "scope"), [(IDS.require_read, Scope.PRODUCE), (IDS.require_write, Scope.READ)]
)
def test_a_missing_scope_is_said_before_the_id_is_looked_at(require: object, scope: Scope) -> None:
    principal = Principal("acme", "key:plugin", frozenset({scope}))
    for stream_id in (IDS.new(PLUGIN), "A" * 60):
        with pytest.raises(Forbidden):
            require(stream_id, principal)  # type: ignore[operator]


@given(st.integers(0, 59), st.sampled_from("ABab01-_"))
def test_an_id_that_was_changed_anywhere_is_unknown(at: int, character: str) -> None:
    stream_id = IDS.new(PLUGIN)
    changed = stream_id[:at] + character + stream_id[at + 1 :]
    expected = Access.OWN if changed == stream_id else (Access.NONE, Access.TENANT)
    assert IDS.access(changed, PLUGIN) in (expected if isinstance(expected, tuple) else [expected])
    if changed != stream_id:
        with pytest.raises(UnknownStream):
            IDS.require_read(changed, PLUGIN)


def test_tags_of_two_ids_cannot_be_put_together() -> None:
    mine = urlsafe_b64decode(IDS.new(COLLEAGUE))
    foreign = urlsafe_b64decode(IDS.new(PLUGIN))
    for mixed in (foreign[:30] + mine[30:], mine[:15] + foreign[15:], foreign[:15] + mine[15:]):
        assert IDS.access(urlsafe_b64encode(mixed).decode(), COLLEAGUE) is not Access.OWN
        assert IDS.access(urlsafe_b64encode(mixed).decode(), STRANGER) is Access.NONE


def test_names_cannot_be_shifted_between_tenant_and_principal() -> None:
    ids = StreamIds(Keychain([b"s" * 32]))
    stream_id = ids.new(Principal("ab", "c", ALL_SCOPES))
    assert ids.access(stream_id, Principal("a", "bc", ALL_SCOPES)) is Access.NONE


def test_a_rotated_secret_still_knows_the_ids_of_the_one_before_and_an_unrelated_one_does_not() -> (
    None
):
    stream_id = IDS.new(PLUGIN)
    rotated = StreamIds(Keychain([b"n" * 32, b"s" * 32]))
    assert rotated.access(stream_id, PLUGIN) is Access.OWN
    assert IDS.access(rotated.new(PLUGIN), PLUGIN) is Access.NONE
    assert StreamIds(Keychain([b"n" * 32])).access(stream_id, PLUGIN) is Access.NONE


def test_known_and_unknown_ids_are_compared_by_the_same_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Counted, not timed: the same digests and the same comparisons in constant time."""
    steps: list[str] = []
    real_digest, real_compare = hmac.digest, hmac.compare_digest

    def digest(*arguments: object) -> bytes:
        steps.append("digest")
        return real_digest(*arguments)  # type: ignore[arg-type]

    def compare(left: bytes, right: bytes) -> bool:
        steps.append("compare")
        assert len(left) == len(right) == 15
        return real_compare(left, right)

    monkeypatch.setattr(stream_ids.hmac, "digest", digest)
    monkeypatch.setattr(stream_ids.hmac, "compare_digest", compare)
    # One that has not been asked: what it has computed once, it remembers.
    ids = StreamIds(Keychain([b"s" * 32]))
    stream_id = ids.new(PLUGIN)
    traces = []
    for asked in (stream_id, "A" * 60, "no id", ""):
        for principal in (PLUGIN, COLLEAGUE, STRANGER):
            steps.clear()
            ids.access(asked, principal)
            traces.append(tuple(steps))
    assert set(traces) == {("digest", "digest", "compare", "compare")}
