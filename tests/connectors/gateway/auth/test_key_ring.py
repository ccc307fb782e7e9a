"""API keys: every refusal, and a file that changes."""

import hmac
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.gateway.auth import api_key
from connectors.gateway.auth.api_key import ApiKey
from connectors.gateway.auth.key_file import KeyFileError
from connectors.gateway.auth.key_ring import KeyRing
from connectors.gateway.auth.principal import Principal, Unauthorized

KEY, OTHER = ApiKey.new(), ApiKey.new()


class Clock:
    def __init__(self, at: float = 0.0) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def entry(key: ApiKey, **more: str) -> str:
    lines = {"id": key.id, "hash": key.digest, "tenant": "acme", "name": "plugin"}
    lines |= {"scopes": "[streams:write]", **more}
    return "  - " + "\n    ".join(f"{name}: {value}" for name, value in lines.items()) + "\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.yaml"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_ring(file: Path, clock: Clock) -> Callable[..., KeyRing]:
    def make(*entries: str, now: float = 1_800_000_000.0) -> KeyRing:
        file.write_text("keys:\n" + "".join(entries))
        return KeyRing(file, now=lambda: now, monotonic=clock)

    return make


def write(file: Path, text: str) -> None:
    """As editors and Kubernetes do: another file takes the place."""
    draft = file.with_suffix(".new")
    draft.write_text(text)
    draft.replace(file)


def refusal(ring: KeyRing, text: str) -> str:
    with pytest.raises(Unauthorized) as caught:
        ring.authenticate(text)
    return str(caught.value)


def test_a_new_key_has_256_random_bits_and_its_prefix() -> None:
    assert KEY.text.startswith("tg_")
    assert ApiKey.parse(KEY.text) == KEY
    # 43 characters of base64url.
    assert len(KEY.secret) * 6 >= 256
    assert len({ApiKey.new().secret for _ in range(100)}) == 100
    assert KEY.secret not in KEY.digest


@pytest.mark.parametrize("content", [b"\x00", b"\x12", b"\x1e"])
def test_no_id_is_a_number_to_yaml(open_ring: Callable[..., KeyRing], content: bytes) -> None:
    key = ApiKey.new(lambda size: content * size)
    assert open_ring(entry(key)).authenticate(key.text).tenant == "acme"


def test_a_key_speaks_for_its_principal(open_ring: Callable[..., KeyRing]) -> None:
    principal = open_ring(entry(KEY)).authenticate(KEY.text)
    assert (principal.tenant, principal.name) == ("acme", "key:plugin")


def test_an_unknown_id_and_a_wrong_secret_are_refused_in_the_same_words(
    open_ring: Callable[..., KeyRing],
) -> None:
    ring = open_ring(entry(KEY))
    stolen_id = ApiKey(KEY.id, OTHER.secret).text
    assert refusal(ring, OTHER.text) == refusal(ring, stolen_id)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tg_",
        "tg_0a1b_short",
        KEY.text + "x",
        KEY.text.upper(),
        f" {KEY.text}",
        "tg_é_",
        "x" * 99,
    ],
    # Numbers: each process makes keys of its own.
    ids=range(8),
)
def test_what_is_no_key_is_refused_and_not_repeated(
    open_ring: Callable[..., KeyRing], text: str
) -> None:
    told = refusal(open_ring(entry(KEY)), text)
    assert "no API key" in told
    assert not text.strip() or text.strip() in ("tg_",) or text.strip() not in told


def test_an_expired_key_is_refused_from_its_moment_on(open_ring: Callable[..., KeyRing]) -> None:
    expiring = entry(KEY, expires="2027-01-15T08:00:00Z")
    assert isinstance(open_ring(expiring, now=1_799_999_999.9).authenticate(KEY.text), Principal)
    assert "expired" in refusal(open_ring(expiring, now=1_800_000_000.0), KEY.text)


def test_a_disabled_key_is_refused_and_only_its_owner_learns_that(
    open_ring: Callable[..., KeyRing],
) -> None:
    ring = open_ring(entry(KEY, disabled="true"))
    assert "disabled" in refusal(ring, KEY.text)
    assert "not known" in refusal(ring, ApiKey(KEY.id, OTHER.secret).text)


def test_secrets_are_compared_in_constant_time_whether_the_id_is_known_or_not(
    open_ring: Callable[..., KeyRing], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[int, int]] = []
    real = hmac.compare_digest

    def compare(left: str, right: str) -> bool:
        compared.append((len(left), len(right)))
        return real(left, right)

    monkeypatch.setattr(api_key.hmac, "compare_digest", compare)
    ring = open_ring(entry(KEY))
    ring.authenticate(KEY.text)
    refusal(ring, ApiKey(KEY.id, OTHER.secret).text)
    refusal(ring, OTHER.text)
    assert compared == [(71, 71)] * 3


def test_a_hash_of_zeros_lets_nobody_in(open_ring: Callable[..., KeyRing]) -> None:
    assert "not known" in refusal(open_ring(entry(KEY)), OTHER.text)
    assert not OTHER.matches(None)


def look(ring: KeyRing, clock: Clock) -> None:
    """Let a second pass, have the file looked at, and wait until it is read."""
    clock.at += 1
    refusal(ring, "no key")
    if ring._reading is not None:
        ring._reading.join(30)


def test_a_changed_file_counts_within_a_second(
    open_ring: Callable[..., KeyRing], file: Path, clock: Clock
) -> None:
    ring = open_ring(entry(KEY))
    write(file, "keys:\n" + entry(OTHER))
    ring.authenticate(KEY.text)
    look(ring, clock)
    ring.authenticate(OTHER.text)
    assert "not known" in refusal(ring, KEY.text)


@pytest.mark.parametrize("broken", ["keys: [", "keys:\n  - id: 1\n", ""])
def test_a_broken_file_changes_nothing_and_is_logged_once(
    open_ring: Callable[..., KeyRing],
    file: Path,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    broken: str,
) -> None:
    ring = open_ring(entry(KEY))
    write(file, broken)
    for _ in range(3):
        look(ring, clock)
        ring.authenticate(KEY.text)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "the keys before it stay" in caplog.text
    write(file, "keys:\n" + entry(OTHER))
    look(ring, clock)
    ring.authenticate(OTHER.text)


def test_a_file_that_vanishes_changes_nothing_until_it_is_back(
    open_ring: Callable[..., KeyRing], file: Path, clock: Clock
) -> None:
    ring = open_ring(entry(KEY))
    file.unlink()
    look(ring, clock)
    ring.authenticate(KEY.text)
    write(file, "keys: []\n")
    look(ring, clock)
    assert "not known" in refusal(ring, KEY.text)


def test_keys_are_answered_while_a_changed_file_is_read(
    open_ring: Callable[..., KeyRing], file: Path, clock: Clock
) -> None:
    ring = open_ring(entry(KEY))
    many = "".join(entry(ApiKey.new()) for _ in range(300))
    write(file, "keys:\n" + entry(OTHER) + many)
    clock.at += 1
    # Reading takes two tenths of a second; whoever asks first does not wait for it.
    ring.authenticate(KEY.text)
    assert ring._reading is not None
    ring._reading.join(30)
    ring.authenticate(OTHER.text)


def test_a_gateway_does_not_begin_with_a_broken_file(file: Path, clock: Clock) -> None:
    file.write_text("keys: [")
    with pytest.raises(KeyFileError):
        KeyRing(file, now=clock, monotonic=clock)
