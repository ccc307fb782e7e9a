"""Hash chains: audit records as lines that cannot be changed one by one without being noticed.

An entry is one line of JSON, and its last member is `hash`. The hash covers the bytes of the line
before `,"hash":"`, exactly as they stand; among them is `previous`, the hash of the entry before.
It is SHA-256, or with a key HMAC-SHA-256, both of which any tool can compute. There are three
kinds of entry: `file` begins each file, `record` carries an audit record, `set_aside` says that
the bytes a crash had torn were moved out of the way.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from guardrails.errors import TidegateError
from guardrails.records import Record

# What stands in the place of a hash before the first entry.
GENESIS = "0" * 64
_HASH = b',"hash":"'
_SEAL = b',"seal":"'
# Of `,"hash":"`, 64 hexadecimal digits and `"}`.
_TAIL_BYTES = len(_HASH) + 64 + 2

Algorithm = Literal["sha256", "hmac-sha256"]


class ChainError(TidegateError):
    """A line is no entry, or not as it was written. Next: run `tidegate audit verify` on it."""


class Seal:
    """How entries are hashed. key: secret, so that who can write files cannot compute hashes anew;
    None for plain SHA-256, which shows changes only against a head kept elsewhere.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key
        self.algorithm: Algorithm = "sha256" if key is None else "hmac-sha256"
        # Tells keys apart without telling the key.
        self.key_id = "" if key is None else self.digest(b"tidegate audit chain")[:16]

    def digest(self, content: bytes) -> str:
        """Return the hash of the bytes, 64 hexadecimal digits."""
        if self._key is None:
            return hashlib.sha256(content).hexdigest()
        return hmac.digest(self._key, content, "sha256").hex()

    def fits(self, algorithm: str, key_id: str) -> bool:
        """Tell whether this is how somebody else hashed."""
        return (algorithm, key_id) == (self.algorithm, self.key_id)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One line of a chain, read. index: its place in the chain, from 0, over all its files.

    after_offset, after_ms: of a file's first line, what the records before the file came to.
    """

    index: int
    previous: str
    hash: str
    chain: str | UnsetType = UNSET
    file: int | UnsetType = UNSET
    algorithm: str = ""
    key_id: str = ""
    after_offset: int = -1
    after_ms: int = 0
    offset: int | UnsetType = UNSET
    timestamp_ms: int = 0
    contradicts: bool = False
    record: msgspec.Raw | UnsetType = UNSET
    set_aside: str | UnsetType = UNSET
    size: int = 0


class Head(msgspec.Struct, frozen=True, gc=False):
    """Where a chain ended at some time: kept elsewhere, it shows that nothing was cut off since.

    head: index of the last entry. hash: of that entry. at_ms: log time of the last record.
    """

    head: int
    hash: str
    chain: str
    algorithm: str
    key_id: str
    at_ms: int
    seal: str = ""


class Chain:
    """The end of one chain, and the lines that come next; without their line feeds.

    next_index, previous: of the next entry. offset: of the last record, -1 before the first.
    at_ms: largest log time of the records so far.

    >>> chain, seal = Chain("audit/0", Seal()), Seal()
    >>> first = chain.open_file(1)
    >>> second = chain.append(Record("audit", 0, 7, 1000, None, b'{"stream_id":"a"}'))
    >>> parse_entry(second).previous == parse_entry(first).hash
    True
    >>> check_entry(second.replace(b'"a"', b'"b"'), parse_entry(second), seal)
    Traceback (most recent call last):
    guardrails.chain.ChainError: the line was altered: its hash is that of other bytes
    """

    def __init__(self, name: str, seal: Seal) -> None:
        """name: topic and partition of the records."""
        self.name = name
        self.next_index = 0
        self.previous = GENESIS
        self.offset = -1
        self.at_ms = 0
        self._seal = seal

    def resume(self, entry: Entry, offset: int, at_ms: int) -> None:
        """Go on behind an entry. offset, at_ms: of the records up to there, as in the chain."""
        self.next_index, self.previous = entry.index + 1, entry.hash
        self.offset, self.at_ms = offset, at_ms

    def open_file(self, number: int) -> bytes:
        """Return the first line of a file. number: from 1."""
        seal = self._seal
        members = b'"chain":%b,"file":%d,"algorithm":"%b","key_id":"%b"' % (
            *(msgspec.json.encode(self.name), number),
            *(seal.algorithm.encode(), seal.key_id.encode()),
        )
        after = b',"after_offset":%d,"after_ms":%d' % (self.offset, self.at_ms)
        return self._close(members + after)

    def append(self, record: Record, *, contradicts: bool = False) -> bytes:
        """Return the line of an audit record: its JSON as it was read, without white space.

        Raises ChainError if the value is no JSON.
        """
        try:
            value = msgspec.json.format(record.value, indent=-1)
        except msgspec.DecodeError as error:
            raise ChainError(f"{self.name}: offset {record.offset} holds no JSON") from error
        mark = b',"contradicts":true' if contradicts else b""
        place = (record.offset, record.timestamp_ms)
        line = self._close(b'"offset":%d,"timestamp_ms":%d%b,"record":%b' % (*place, mark, value))
        self.offset, self.at_ms = record.offset, max(self.at_ms, record.timestamp_ms)
        return line

    def set_aside(self, name: str, size: int) -> bytes:
        """Return the line saying that `size` torn bytes were moved to the file of that name."""
        return self._close(b'"set_aside":%b,"size":%d' % (msgspec.json.encode(name), size))

    def _close(self, members: bytes) -> bytes:
        line = b'{"index":%d,"previous":"%b",%b' % (
            self.next_index,
            self.previous.encode(),
            members,
        )
        self.previous = self._seal.digest(line)
        self.next_index += 1
        return b'%b%b%b"}' % (line, _HASH, self.previous.encode())

    def head(self) -> bytes:
        """Return the head as a line, sealed the way the entries are hashed.

        Raises ChainError of a chain without an entry.
        """
        if self.next_index == 0:
            raise ChainError(f"{self.name}: the chain is empty; there is no head to seal")
        seal = self._seal
        head = Head(
            *(self.next_index - 1, self.previous, self.name),
            *(seal.algorithm, seal.key_id, self.at_ms),
        )
        line = _head_bytes(head)
        return b'%b%b%b"}' % (line, _SEAL, seal.digest(line).encode())


def check_entry(line: bytes, entry: Entry, seal: Seal) -> None:
    """Raise ChainError unless the hash of the line is the one it says."""
    if seal.digest(line[:-_TAIL_BYTES]) != entry.hash:
        raise ChainError("the line was altered: its hash is that of other bytes")


_ENTRIES = msgspec.json.Decoder(Entry)
_HEADS = msgspec.json.Decoder(Head)


def parse_entry(line: bytes) -> Entry:
    """Read a line, without its line feed and without checking its hash. Raises ChainError."""
    try:
        entry = _ENTRIES.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ChainError("the line is no entry of a chain") from error
    kinds = (entry.chain, entry.offset, entry.set_aside)
    tail = _HASH + entry.hash.encode("utf-8", "replace") + b'"}'
    if sum(kind is not UNSET for kind in kinds) != 1 or line[-_TAIL_BYTES:] != tail:
        raise ChainError("the line is no entry of a chain")
    return entry


def read_head(line: bytes, seal: Seal) -> Head:
    """Read a head and check its seal. Raises ChainError saying what is wrong with it."""
    try:
        head = _HEADS.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ChainError("the line is no head of a chain") from error
    if not seal.fits(head.algorithm, head.key_id):
        raise ChainError(f"the head of {head.chain} was sealed {say_key(head.algorithm, seal)}")
    if seal.digest(_head_bytes(head)) != head.seal:
        raise ChainError(f"the head of {head.chain} was altered: its seal is that of another head")
    return head


def _head_bytes(head: Head) -> bytes:
    """Return what the seal covers: the line before `,"seal":"`."""
    encoded = msgspec.json.encode(msgspec.structs.replace(head, seal=""))
    return encoded.removesuffix(b',"seal":""}')


def say_key(algorithm: str, seal: Seal) -> str:
    """Say how the algorithm found differs from the one at hand."""
    if algorithm == seal.algorithm:
        return "with another key"
    return "with a key" if algorithm == "hmac-sha256" else "without a key"
