"""What hostile clients do, what they are answered, and that nobody else notices."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import resource
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.gateway import Client, Gateway, running, text_of

HOST = b"Host: 127.0.0.1\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
JSON = {"Content-Type": "application/json"}
PROBLEM = b"content-type: application/problem+json"


@pytest.fixture(scope="module")
def hasty() -> Iterator[Gateway]:
    """A gateway that waits half a second where others wait ten or twenty."""
    limits = {"STALLED_S": "0.5", "REQUEST_S": "1", "HEARTBEAT_S": "0.5"}
    with running(**{f"TIDEGATE_GATEWAY_{name}": value for name, value in limits.items()}) as one:
        yield one


@pytest.fixture
def caller(hasty: Gateway) -> Iterator[Client]:
    client = Client(hasty.url)
    # Its connection is there before any are counted.
    assert client.http.get("/healthz").status_code == 200
    yield client
    client.http.close()


@contextmanager
def dialled(gateway: Gateway, *, receive_buffer: int = 0) -> Iterator[socket.socket]:
    """A bare connection. receive_buffer: bytes the system takes for us; 0 for its default."""
    host, port = gateway.url.removeprefix("http://").split(":")
    line = socket.socket()
    if receive_buffer:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    line.settimeout(15)
    with line:
        line.connect((host, int(port)))
        yield line


def drained(line: socket.socket) -> bytes:
    """All that comes until the other side ends it."""
    parts = []
    try:
        while part := line.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def asked(gateway: Gateway, *pieces: bytes) -> bytes:
    """What is answered to a request after which we send no more."""
    with dialled(gateway) as line:
        for piece in pieces:
            line.sendall(piece)
        return drained(line)


def pour(line: socket.socket, piece: bytes, times: int, pause_s: float = 0.0) -> bool:
    """Send a piece over and over; whether the other side has stopped taking it."""
    try:
        for _ in range(times):
            line.sendall(piece)
            time.sleep(pause_s)
    except OSError:
        return True
    return False


def open_files(gateway: Gateway) -> int:
    return len(list(Path(f"/proc/{gateway.pid}/fd").iterdir()))


def resident_kb(gateway: Gateway) -> int:
    status = Path(f"/proc/{gateway.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def settles(gateway: Gateway, files: int, within_s: float = 15) -> bool:
    """Whether the gateway has let go of all connections beyond those it had."""
    end = time.monotonic() + within_s
    while open_files(gateway) > files:
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def metric(client: Client, name: str) -> float:
    lines = client.http.get("/metrics").text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def test_a_head_that_does_not_end_is_answered_and_the_connection_closed(hasty: Gateway) -> None:
    answer = asked(hasty, b"GET /healthz HTTP/1.1\r\n" + HOST)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"slow-head" in answer
    assert PROBLEM in answer


def test_a_connection_that_says_nothing_is_closed(hasty: Gateway) -> None:
    assert asked(hasty).startswith(b"HTTP/1.1 408 ")


def test_a_head_in_drips_gains_no_time(hasty: Gateway) -> None:
    with dialled(hasty) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST)
        assert pour(line, b"X-A: b\r\n", 100, 0.2)


def test_empty_lines_between_requests_gain_no_time(hasty: Gateway) -> None:
    with dialled(hasty) as line:
        line.sendall(HEALTH)
        assert pour(line, b"\r\n", 100, 0.2)


def test_a_slow_body_is_answered(hasty: Gateway) -> None:
    head = b"POST /v1/check HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\n{"
    answer = asked(hasty, head)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"slow-body" in answer


def test_a_body_that_nobody_asked_for_holds_no_connection(hasty: Gateway) -> None:
    head = b"GET /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\n{"
    assert asked(hasty, head).startswith(b"HTTP/1.1 200 ")


def test_hundreds_of_slow_heads_disturb_nobody(hasty: Gateway, caller: Client) -> None:
    files = open_files(hasty)
    with ExitStack() as stack:
        lines = [stack.enter_context(dialled(hasty)) for _ in range(300)]
        for line in lines:
            line.sendall(b"POST /v1/check HTTP/1.1\r\nHost: 127.")
        assert caller.post("/v1/check", content="hello").json()["text"] == "hello"
        answers = [drained(line) for line in lines]
    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers)
    assert settles(hasty, files)


def follow(line: socket.socket, stream: str) -> None:
    line.sendall(f"GET /v1/streams/{stream}/events HTTP/1.1\r\n".encode() + HOST + b"\r\n")


def shake(line: socket.socket, stream: str) -> None:
    key = base64.b64encode(b"0123456789abcdef").decode()
    line.sendall(
        f"GET /v1/streams/{stream}/ws HTTP/1.1\r\n".encode()
        + HOST
        + b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
    )


@pytest.mark.parametrize("begin", [follow, shake], ids=["sse", "websocket"])
def test_readers_that_take_nothing_are_let_go_and_others_read_on(
    hasty: Gateway, caller: Client, begin: object
) -> None:
    stream = caller.start()
    files = open_files(hasty)
    evicted = metric(caller, "tidegate_gateway_evicted_total")
    with ExitStack() as stack:
        for _ in range(20):
            begin(stack.enter_context(dialled(hasty, receive_buffer=4096)), stream)  # type: ignore[operator]
        answers = []
        for seq in range(20):
            answers.append(caller.send(stream, "One two three. " * 3_000, seq))
            time.sleep(0.1)
        assert settles(hasty, files)
        assert metric(caller, "tidegate_gateway_evicted_total") == evicted + 20
    last = caller.finish(stream)
    whole = "One two three. " * 60_000
    assert text_of(*answers, last) == whole
    told = [event for event in caller.events(stream) if event["type"] == "partial_result"]
    assert text_of(*told) == whole


def test_a_client_that_asks_and_never_takes_the_answers_is_let_go(
    hasty: Gateway, caller: Client
) -> None:
    files = open_files(hasty)
    with dialled(hasty, receive_buffer=4096) as line:
        line.settimeout(0.5)
        request = b"GET /openapi.json HTTP/1.1\r\n" + HOST + b"\r\n"
        assert pour(line, request, 100_000)
        assert settles(hasty, files)
    assert caller.http.get("/healthz").status_code == 200


def masked(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    size = len(payload)
    head = bytes([opcode | 0x80 * fin])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65_536:
        head += b"\xfe" + size.to_bytes(2)
    else:
        head += b"\xff" + size.to_bytes(8)
    return head + bytes(4) + payload


@pytest.mark.parametrize("message", [masked(9, b"x" * 125), masked(1, b'{"type":"ping"}')])
def test_pings_whose_answers_nobody_takes_do_not_pile_up(
    hasty: Gateway, caller: Client, message: bytes
) -> None:
    stream = caller.start()
    files, before = open_files(hasty), resident_kb(hasty)
    with dialled(hasty, receive_buffer=4096) as line:
        shake(line, stream)
        line.recv(4096)
        line.settimeout(0.5)
        assert pour(line, message * 100, 100_000)
        assert settles(hasty, files)
    assert resident_kb(hasty) - before < 50_000
    caller.finish(stream)


@pytest.mark.parametrize(
    ("pieces", "status", "word"),
    [
        (
            [b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 100_000 + b"\r\n\r\n"],
            431,
            b"large-head",
        ),
        ([b"GET / HTTP/1.1\r\n" + HOST + b"X-A: b\r\n" * 20_000 + b"\r\n"], 431, b"large-head"),
        ([b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"], 431, b"large-head"),
        ([b"GET / HTTP/1.1\r\n" + HOST + b"X: ", *[b"a" * 8_192] * 9], 431, b"large-head"),
        ([b"no request at all\r\n\r\n"], 400, b"not-http"),
        ([b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n"], 400, b"not-http"),
        ([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"], 400, b"not-http"),
        ([b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n"], 400, b"not-http"),
        (
            [b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n"],
            400,
            b"",
        ),
        (
            [
                b"POST / HTTP/1.1\r\n"
                + HOST
                + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
            ],
            400,
            b"",
        ),
        (
            [b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n"],
            400,
            b"",
        ),
    ],
)
def test_what_is_no_request_is_answered_and_the_connection_closed(
    hasty: Gateway, pieces: list[bytes], status: int, word: bytes
) -> None:
    answer = asked(hasty, *pieces)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert PROBLEM in answer
    assert word in answer


def test_requests_sent_ahead_are_answered_in_order(hasty: Gateway) -> None:
    check = b'{"content":"%d"}'
    kind = b"Content-Type: application/json\r\n"
    ahead = b"".join(
        b"POST /v1/check HTTP/1.1\r\n%b%bContent-Length: %d\r\n\r\n%b"
        % (HOST, kind, len(check % number), check % number)
        for number in range(10, 60)
    )
    answer = asked(hasty, ahead + HEALTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    texts = [part.split(b'"')[0] for part in answer.split(b'"text":"')[1:]]
    assert [text for text in texts if text.isdigit()] == [
        b"%d" % number for number in range(10, 60) for _ in range(2)
    ]


def test_thousands_of_requests_sent_ahead_end_the_connection(
    hasty: Gateway, caller: Client
) -> None:
    before = resident_kb(hasty)
    for _ in range(20):
        with dialled(hasty) as line:
            assert pour(line, HEALTH * 1_000, 1_000)
    assert resident_kb(hasty) - before < 50_000
    assert caller.http.get("/healthz").status_code == 200


def test_a_request_behind_which_the_client_stops_sending_is_carried_out(hasty: Gateway) -> None:
    with dialled(hasty) as line:
        line.sendall(HEALTH)
        line.shutdown(socket.SHUT_WR)
        assert drained(line).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_stops_sending_has_ended_its_event_stream(
    hasty: Gateway, caller: Client
) -> None:
    stream = caller.start()
    files = open_files(hasty)
    with dialled(hasty) as line:
        follow(line, stream)
        assert line.recv(65_536).startswith(b"HTTP/1.1 200 ")
        line.shutdown(socket.SHUT_WR)
        assert settles(hasty, files)
    caller.finish(stream)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"content":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400),
        (b'{"content":"a","policy":' + b"9" * 5_000 + b"}", 400),
        (b'{"content":1e999999}', 422),
        (b'{"content":NaN}', 422),
        (b'{"content":"\xff\xfe"}', 400),
        (b'{"content":"a","__proto__":{}}', 422),
        (b'{"content":true}', 422),
        (b"[]", 422),
        (b"null", 422),
        (b"", 422),
    ],
)
def test_json_that_is_none_of_ours_is_refused(caller: Client, body: bytes, status: int) -> None:
    answer = caller.http.post("/v1/check", content=body, headers=JSON)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"a\u0000b", "a�b"),
        (r"a\ud83d\ude00b", "a😀b"),
        (r"a\ud83db", "a�b"),
        (r"a\ude00", "a�"),
        (r"\ud83d", "�"),
    ],
)
def test_text_that_is_no_text_is_replaced(caller: Client, text: str, shown: str) -> None:
    answer = caller.http.post(
        "/v1/check", content=b'{"content":"%b"}' % text.encode(), headers=JSON
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["text"] == shown


def test_a_surrogate_pair_cut_by_its_client_is_one_character(caller: Client) -> None:
    stream = caller.start()
    answers = []
    for seq, half in enumerate((r"a\ud83d", r"\ude00b")):
        body = f'{{"streamId":"{stream}","delta":"{half}","seq":{seq}}}'
        answer = caller.http.post("/v1/stream/update", content=body, headers=JSON)
        assert answer.status_code == 200, answer.text
        answers.append(answer.json())
    assert text_of(*answers, caller.finish(stream)) == "a😀b"


def test_of_a_member_that_stands_twice_the_last_counts(caller: Client) -> None:
    body = b'{"content":"one","content":"two"}'
    assert caller.http.post("/v1/check", content=body, headers=JSON).json()["text"] == "two"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_methods_that_a_route_does_not_have_are_named(caller: Client, method: str) -> None:
    answer = caller.http.request(method, "/v1/check")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example"],
)
def test_pages_of_others_reach_nothing(hasty: Gateway, caller: Client, origin: str) -> None:
    stream = caller.start()
    headers = {"Origin": origin}
    for method, path in [
        ("POST", "/v1/stream/start"),
        ("POST", "/v1/stream/update"),
        ("GET", f"/v1/stream/status?streamId={stream}"),
        ("GET", f"/v1/streams/{stream}/events"),
        ("GET", f"/v1/streams/{stream}/poll"),
        ("POST", f"/v1/streams/{stream}/ticket"),
        ("GET", f"/stream/pipeline/{stream}"),
    ]:
        answer = caller.http.request(method, path, headers=headers, json={})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
    for path in (f"/v1/streams/{stream}/ws", f"/ws/pipeline/{stream}"):
        with pytest.raises(InvalidStatus) as refused:
            connect(hasty.url.replace("http", "ws") + path, origin=origin, proxy=None)  # type: ignore[arg-type]
        assert refused.value.response.status_code == 403
    caller.finish(stream)


def test_a_name_that_leads_here_from_elsewhere_is_refused(hasty: Gateway, caller: Client) -> None:
    stream = caller.start()
    for path in ("/v1/stream/start", f"/v1/streams/{stream}/events", f"/v1/streams/{stream}/ws"):
        request = f"GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n".encode()
        with dialled(hasty) as line:
            line.sendall(request)
            assert line.recv(4096).startswith(b"HTTP/1.1 421 ")


def test_a_used_ticket_opens_nothing_again(hasty: Gateway, caller: Client) -> None:
    stream = caller.start()
    caller.finish(stream)

    def ticket(purpose: str) -> str:
        answer = caller.http.post(f"/v1/streams/{stream}/ticket", params={"purpose": purpose})
        found: str = answer.json()["ticket"]
        return found

    sse, ws = ticket("events"), ticket("socket")
    url = hasty.url.replace("http", "ws") + f"/v1/streams/{stream}/ws?ticket={ws}"
    path = f"/v1/streams/{stream}/events"
    assert caller.http.get(path, params={"ticket": sse}).status_code == 200
    with connect(url, proxy=None) as talk:
        assert [json.loads(message)["type"] for message in talk][-1] == "end"
    assert caller.http.get(path, params={"ticket": sse}).status_code == 401
    with connect(url, proxy=None) as talk, pytest.raises(ConnectionClosed) as closed:
        talk.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


def test_websocket_messages_have_a_limit_whole_cut_or_packed(
    hasty: Gateway, caller: Client
) -> None:
    stream = caller.start()
    url = hasty.url.replace("http", "ws") + f"/v1/streams/{stream}/ws"
    for message in ("a" * 9_000_000, ["a" * 1_000_000] * 9):
        for compression in (None, "deflate"):
            with connect(url, proxy=None, compression=compression) as talk:  # type: ignore[arg-type]
                with suppress(ConnectionClosed):
                    talk.send(message)
                with pytest.raises(ConnectionClosed) as closed:
                    list(iter(talk.recv, None))
            # Who is still sending when it is refused may find the connection gone.
            if compression or closed.value.rcvd is not None:
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1009
    caller.finish(stream)


def test_a_flood_of_tiny_frames_leaves_the_others_their_turn(
    hasty: Gateway, caller: Client
) -> None:
    stream, other = caller.start(), caller.start()
    with dialled(hasty) as line:
        shake(line, stream)
        line.recv(4096)
        line.sendall(masked(1, b"a", fin=False))
        frames, ends = masked(0, b"a", fin=False) * 4_000, time.monotonic() + 3

        def flood() -> None:
            with suppress(OSError):
                while time.monotonic() < ends:
                    line.sendall(frames)

        sender = threading.Thread(target=flood)
        sender.start()
        slowest = 0.0
        while time.monotonic() < ends:
            begun = time.monotonic()
            assert caller.http.get("/healthz").status_code == 200
            slowest = max(slowest, time.monotonic() - begun)
        sender.join()
        # It took six seconds; a turn of one socket takes milliseconds.
        assert slowest < 1
    caller.finish(other)


@pytest.mark.parametrize(
    "body",
    [
        {"updates": [1] * 600_000},
        {f"x{number}": 1 for number in range(300_000)},
        {"updates": [{f"x{number}": 1 for number in range(1_000)}] * 100},
    ],
    ids=["members", "fields", "fields-of-members"],
)
def test_a_body_of_nothing_but_mistakes_is_answered_at_once_and_shortly(
    hasty: Gateway, body: dict[str, object]
) -> None:
    packed = gzip.compress(json.dumps(body).encode())
    client = Client(hasty.url)
    headers = {**JSON, "Content-Encoding": "gzip"}
    begun = time.monotonic()
    for path in ("/v1/stream/update", "/v1/stream/start", "/v1/check"):
        answer = client.http.post(path, content=packed, headers=headers)
        assert answer.status_code == 422
        assert len(answer.content) < 10_000
    assert time.monotonic() - begun < 10
    client.http.close()


def test_deep_json_in_a_message_is_answered_and_the_socket_stays(
    hasty: Gateway, caller: Client
) -> None:
    stream = caller.start()
    with connect(hasty.url.replace("http", "ws") + f"/v1/streams/{stream}/ws", proxy=None) as talk:
        talk.send('{"type":' + "[" * 100_000 + "]" * 100_000 + "}")
        talk.send('{"type":"update","delta":' + "9" * 5_000 + ',"seq":0}')
        talk.send(r'{"type":"update","delta":"a\ud83d","seq":0}')
        talk.send(r'{"type":"update","delta":"\ude00b","seq":1}')
        talk.send('{"type":"ping"}')
        kinds = []
        while "pong" not in kinds or kinds.count("answer") < 2:
            message = json.loads(talk.recv(10))
            if message["type"] in ("error", "pong", "answer"):
                kinds.append(message["type"])
    assert sorted(kinds) == ["answer", "answer", "error", "error", "pong"]
    assert text_of(caller.finish(stream, position=0)) == "a😀b"


def opened(gateway: Gateway, count: int, stream: str) -> list[float]:
    """Open so many event streams at once; return how long requests of another client take."""

    async def one(room: asyncio.Semaphore) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with room:
            reader, writer = await asyncio.open_connection(host, int(port))
            path = f"/v1/streams/{stream}/events?detail=concise"
            head = f"GET {path} HTTP/1.1\r\nConnection: close\r\n".encode()
            writer.write(head + HOST + b"\r\n")
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
            assert head.startswith(b"HTTP/1.1 200 "), head
            return reader, writer

    async def run() -> list[float]:
        room = asyncio.Semaphore(500)
        pairs = await asyncio.gather(*(one(room) for _ in range(count)))
        times = []
        client = Client(gateway.url)
        for seq in range(5):
            began = time.monotonic()
            await asyncio.to_thread(client.send, stream, "One two three. ", seq)
            times.append(time.monotonic() - began)
        await asyncio.to_thread(client.finish, stream)
        told = await asyncio.gather(*(asyncio.wait_for(reader.read(), 120) for reader, _ in pairs))
        for _, writer in pairs:
            writer.close()
        client.http.close()
        assert all(text.count(b"event: partial_result") >= 5 for text in told)
        assert all(b"event: end" in text for text in told)
        return times

    host, port = gateway.url.removeprefix("http://").split(":")
    return asyncio.run(run())


@pytest.mark.parametrize("count", [1_000, pytest.param(9_500, marks=pytest.mark.long)])
def test_thousands_of_open_streams_are_all_served_and_leave_nothing(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * count:
        pytest.skip(f"the system lets a process open {hard} files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with running() as gateway:
            client = Client(gateway.url)
            stream = client.start()
            files = open_files(gateway)
            opened(gateway, count, stream)
            assert settles(gateway, files)
            first = resident_kb(gateway)
            times = opened(gateway, count, client.start())
            assert settles(gateway, files)
            # What the first time has allocated is used the second time.
            assert resident_kb(gateway) - first < first / 4
            assert statistics.median(times) < 30
            client.http.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_who_may_not_call_learns_nothing_of_what_is_wrong_with_a_body(tmp_path: Path) -> None:
    keys = tmp_path / "keys.yaml"
    keys.write_text("keys: []\n")
    with running(TIDEGATE_GATEWAY_KEYS_FILE=str(keys)) as gateway:
        client = Client(gateway.url)
        for path in ("start", "update", "finish"):
            assert client.post(f"/v1/stream/{path}", wrong=1).status_code == 401
        assert client.post("/v1/check", wrong=1).status_code == 401
        client.http.close()
