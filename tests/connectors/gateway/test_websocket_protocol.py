"""RFC 6455 frame by frame: an echo served as the gateway is, and the gateway itself."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1

import pytest

from tests.connectors.gateway.echo import serving
from tests.gateway import Client, Gateway

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
KEY = base64.b64encode(b"0123456789abcdef").decode()
ACCEPTED = base64.b64encode(
    sha1(f"{KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode(), usedforsecurity=False).digest()
)
Frame = tuple[int, bytes]


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0) -> bytes:
    """A client's frame, masked."""
    size, mask = len(payload), b"\x37\xfa\x21\x3d"
    head = bytes([opcode | 0x80 * fin | rsv << 4])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65_536:
        head += b"\xfe" + size.to_bytes(2)
    else:
        head += b"\xff" + size.to_bytes(8)
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def closing(code: int, reason: bytes = b"") -> bytes:
    return frame(CLOSE, code.to_bytes(2) + reason)


class Talk:
    """One WebSocket, by hand."""

    def __init__(self, line: socket.socket, path: str, **headers: str) -> None:
        self._line = line
        line.settimeout(10)
        asked = {
            "Host": "127.0.0.1",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": KEY,
            **headers,
        }
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in asked.items())]
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        self._got = b""
        while b"\r\n\r\n" not in self._got:
            self._read()
        self.head, _, self._got = self._got.partition(b"\r\n\r\n")

    def send(self, *frames: bytes, size: int = 0) -> None:
        """size: bytes of each write; 0 for all at once."""
        data = b"".join(frames)
        for at in range(0, len(data), size or len(data)):
            self._line.sendall(data[at : at + (size or len(data))])

    def _read(self) -> None:
        more = self._line.recv(65_536)
        if not more:
            raise EOFError
        self._got += more

    def _take(self, count: int) -> bytes:
        while len(self._got) < count:
            self._read()
        taken, self._got = self._got[:count], self._got[count:]
        return taken

    def receive(self) -> Frame:
        """The next frame, which a server does not mask and here never cuts."""
        first, second = self._take(2)
        assert first & 0xF0 == 0x80
        size = second
        if second >= 126:
            size = int.from_bytes(self._take(2 if second == 126 else 8))
        return first & 15, self._take(size)

    def rest(self) -> list[Frame]:
        """All frames to the end of the connection; pings of the server's own are not counted."""
        found: list[Frame] = []
        try:
            while True:
                found.append(self.receive())
                if found[-1][0] == CLOSE:
                    self.send(frame(*found[-1]))
        except (EOFError, ConnectionError):
            return [one for one in found if one[0] != PING]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving() as port:
        yield port


@contextmanager
def dialled(port: int, path: str = "/", **headers: str) -> Iterator[Talk]:
    with socket.create_connection(("127.0.0.1", port)) as line:
        yield Talk(line, path, **headers)


def code_of(frames: list[Frame]) -> int | None:
    """The code of the close frame; None if it has none."""
    opcode, payload = frames[-1]
    assert opcode == CLOSE
    return int.from_bytes(payload[:2]) if payload else None


def test_the_handshake_is_answered_by_the_digest_of_its_key(port: int) -> None:
    with dialled(port) as talk:
        assert talk.head.startswith(b"HTTP/1.1 101 ")
        assert b"sec-websocket-accept: " + ACCEPTED in talk.head.replace(
            b"Sec-WebSocket-Accept", b"sec-websocket-accept"
        )


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-WebSocket-Version": "12"}, b"400"),
        ({"Sec-WebSocket-Version": ""}, b"400"),
        ({"Sec-WebSocket-Key": "short"}, b"400"),
    ],
)
def test_a_handshake_of_another_kind_is_refused(
    port: int, headers: dict[str, str], status: bytes
) -> None:
    with dialled(port, **headers) as talk:
        assert talk.head.startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65_535, 65_536, 1_000_000])
def test_messages_of_every_length_come_back(port: int, opcode: int, size: int) -> None:
    with dialled(port) as talk:
        talk.send(frame(opcode, b"*" * size))
        assert talk.receive() == (opcode, b"*" * size)
        talk.send(closing(1000))
        assert code_of(talk.rest()) == 1000


@pytest.mark.parametrize("size", [1, 3, 7])
def test_frames_may_come_in_any_pieces(port: int, size: int) -> None:
    with dialled(port) as talk:
        talk.send(frame(TEXT, "κόσμε 🚀".encode()), frame(PING, b"x" * 125), size=size)
        # Control frames may overtake messages.
        told = {talk.receive(), talk.receive()}
        assert told == {(TEXT, "κόσμε 🚀".encode()), (PONG, b"x" * 125)}


def test_a_message_in_fragments_is_one_and_pings_within_are_answered_at_once(port: int) -> None:
    with dialled(port) as talk:
        talk.send(
            frame(TEXT, b"one, ", fin=False),
            frame(PING, b"still there?"),
            frame(0, b"", fin=False),
            frame(0, b"two, ", fin=False),
            frame(PONG, b"nobody asked"),
            frame(0, b"three"),
        )
        assert talk.receive() == (PONG, b"still there?")
        assert talk.receive() == (TEXT, b"one, two, three")


def test_a_character_may_be_cut_by_fragments(port: int) -> None:
    text = "κόσμε 👩🏽‍🚀 再见".encode()
    pieces = [text[at : at + 1] for at in range(len(text))]
    with dialled(port) as talk:
        talk.send(
            frame(TEXT, pieces[0], fin=False),
            *(frame(0, piece, fin=False) for piece in pieces[1:-1]),
            frame(0, pieces[-1]),
        )
        assert talk.receive() == (TEXT, text)


def test_ten_pings_have_ten_pongs_in_order(port: int) -> None:
    with dialled(port) as talk:
        talk.send(*(frame(PING, b"%d" % number) for number in range(10)))
        assert [talk.receive() for _ in range(10)] == [(PONG, b"%d" % n) for n in range(10)]


VIOLATIONS = {
    "reserved bit 1": frame(TEXT, b"a", rsv=4),
    "reserved bit 2": frame(TEXT, b"a", rsv=2),
    "reserved bits of a ping": frame(PING, b"a", rsv=1),
    **{f"opcode {opcode}": frame(opcode, b"a") for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "a ping of 126 bytes": frame(PING, b"a" * 126),
    "a pong of 126 bytes": frame(PONG, b"a" * 126),
    "a ping in fragments": frame(PING, b"a", fin=False),
    "a close in fragments": frame(CLOSE, b"", fin=False),
    "a continuation of nothing": frame(0, b"a"),
    "an unfinished continuation of nothing": frame(0, b"a", fin=False),
    "a message within another": frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
    "no mask": b"\x81\x01a",
    "a close of one byte": frame(CLOSE, b"\x03"),
    "a close of 126 bytes": frame(CLOSE, b"\x03\xe8" + b"a" * 124),
}


@pytest.mark.parametrize("data", VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_what_the_protocol_forbids_ends_the_connection(port: int, data: bytes) -> None:
    with dialled(port) as talk:
        talk.send(data)
        assert code_of(talk.rest()) == 1002


@pytest.mark.parametrize(
    "text",
    [
        b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80edited",
        b"\xf8\x88\x80\x80\x80",
        b"\xf4\x90\x80\x80",
        b"\xc0\xaf",
        b"\xff",
        b"\x80",
        b"\xe1\xbd",
    ],
    ids=["surrogate", "5 bytes", "beyond", "overlong", "ff", "continuation", "cut"],
)
def test_text_that_is_not_utf8_ends_the_connection(port: int, text: bytes) -> None:
    for data in (frame(TEXT, text), frame(TEXT, b"a", fin=False) + frame(0, text)):
        with dialled(port) as talk:
            talk.send(data)
            assert code_of(talk.rest()) == 1007


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 3000, 3999, 4000, 4999])
def test_a_close_is_answered_by_its_code(port: int, code: int) -> None:
    with dialled(port) as talk:
        talk.send(closing(code, b"goodbye"), frame(TEXT, b"too late"), frame(PING, b"too late"))
        assert talk.rest() == [(CLOSE, code.to_bytes(2) + b"goodbye")]


def test_a_close_without_a_code_is_answered_without_one(port: int) -> None:
    with dialled(port) as talk:
        talk.send(frame(CLOSE))
        assert code_of(talk.rest()) in (None, 1000)


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000])
def test_codes_that_nobody_may_send_are_violations(port: int, code: int) -> None:
    with dialled(port) as talk:
        talk.send(closing(code))
        assert code_of(talk.rest()) == 1002


def test_a_reason_that_is_not_utf8_is_a_violation(port: int) -> None:
    with dialled(port) as talk:
        talk.send(closing(1000, b"\xce\xba\xed\xa0\x80"))
        assert code_of(talk.rest()) in (1002, 1007)


@pytest.mark.parametrize("begin", [8_388_609, 2**62, 2**64 - 1])
def test_what_is_announced_too_large_is_refused_before_it_comes(port: int, begin: int) -> None:
    with dialled(port) as talk:
        talk.send(b"\x81\xff" + begin.to_bytes(8) + bytes(4))
        assert code_of(talk.rest()) == 1009


def test_fragments_count_together(port: int) -> None:
    with dialled(port) as talk:
        talk.send(frame(TEXT, b"a", fin=False))
        talk.send(b"\x00\xff" + (8_388_608).to_bytes(8) + bytes(4))
        assert code_of(talk.rest()) == 1009


def test_the_gateway_keeps_to_the_protocol(client: Client, gateway: Gateway) -> None:
    """The same endpoints as above, with events and answers in between."""
    stream = client.start()
    port = int(gateway.url.rpartition(":")[2])
    path = f"/v1/streams/{stream}/ws"
    for data, code in [
        (frame(TEXT, b"\xff"), 1007),
        (frame(3), 1002),
        (frame(TEXT, b"a", rsv=2), 1002),
        (b"\x81\x01a", 1002),
        (closing(1005), 1002),
        (closing(3000), 3000),
    ]:
        with dialled(port, path) as talk:
            talk.send(data)
            assert code_of(talk.rest()) == code
    with dialled(port, path) as talk:
        message = json.dumps({"type": "update", "delta": "Hello 🚀 there. ", "seq": 0}).encode()
        half = len(message) // 2
        talk.send(
            frame(TEXT, message[:half], fin=False),
            frame(PING, b"p"),
            frame(0, message[half:]),
            size=5,
        )
        kinds = []
        while not {"answer", "pong"} <= set(kinds):
            opcode, payload = talk.receive()
            kinds.append("pong" if opcode == PONG else json.loads(payload)["type"])
    client.finish(stream)


def test_a_message_of_bytes_ends_the_connection_to_a_gateway(
    client: Client, gateway: Gateway
) -> None:
    stream = client.start()
    with dialled(int(gateway.url.rpartition(":")[2]), f"/v1/streams/{stream}/ws") as talk:
        talk.send(frame(BINARY, b'{"type":"ping"}'))
        assert code_of(talk.rest()) == 1003
    client.finish(stream)
