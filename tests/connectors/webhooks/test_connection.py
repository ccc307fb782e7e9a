"""Nobody's name leads inside: what is connected to is what was looked at."""

import asyncio
import itertools
import socket
import ssl
import threading

import pytest

from connectors.webhooks.connection import open_session
from connectors.webhooks.post import Answer, post
from connectors.webhooks.reach import Reach
from tests.certificates import Authority
from tests.connectors.webhooks.receiver import receiving
from tests.connectors.webhooks.subscribing import NEAR


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


def send(
    url: str,
    reach: Reach,
    resolve,
    *,
    tls: bool = True,
    tries: int = 1,
    context=None,
    timeout_s: float = 5,
) -> list[Answer]:
    """Post so many times over one session."""

    async def run() -> list[Answer]:
        session, lookup = open_session(
            reach,
            context or ssl.create_default_context(),
            tls=tls,
            connections=2,
            timeout_s=timeout_s,
            resolve=resolve,
        )
        async with session:
            answers = [await post(session, url, b"{}") for _ in range(tries)]
        await lookup.close()
        return answers

    return asyncio.run(run())


@pytest.mark.parametrize(
    "answer",
    [["127.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["0.0.0.0"], ["127.0.0.2"], ["64:ff9b::7f00:1"]],
)
def test_a_name_that_stands_for_this_machine_is_not_connected_to(receiver, answer) -> None:
    reach = Reach(ports=frozenset({443, receiver.port}))
    (got,) = send(f"https://hooks.example.com:{receiver.port}/", reach, lambda _: answer)
    assert got.reason == "address"
    assert got.detail.startswith("the receiver stands at ")
    assert receiver.connections == 0


def test_one_inner_address_among_public_ones_is_enough_to_refuse_a_name(receiver) -> None:
    reach = Reach(ports=frozenset({443, receiver.port}))
    (got,) = send(
        f"https://hooks.example.com:{receiver.port}/", reach, lambda _: ["192.0.1.1", "127.0.0.1"]
    )
    assert got.reason == "address"
    assert receiver.connections == 0


def test_a_name_that_changes_its_answer_between_look_and_connection_gets_nothing(
    receiver, monkeypatch
) -> None:
    """It is asked for once a connection, and what it said then is used: whoever asked the system
    once more would be led to this machine.
    """
    asked: list[str] = []
    looked_up: list[str] = []
    answers = itertools.chain([["192.0.1.1"]], itertools.repeat(["127.0.0.1"]))

    def resolve(host: str) -> list[str]:
        asked.append(host)
        return next(answers)

    of_the_system = socket.getaddrinfo

    def lead_here(host, *rest, **more):
        looked_up.append(str(host))
        return of_the_system("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lead_here)
    reach = Reach(ports=frozenset({443, receiver.port}))
    url = f"https://hooks.example.com:{receiver.port}/"
    # Nobody answers at the public address here; what matters is that nothing else was tried.
    (first,) = send(url, reach, resolve, timeout_s=0.3)
    assert first.reason in ("connection", "timeout")
    assert asked == ["hooks.example.com"]
    assert "hooks.example.com" not in looked_up
    later = send(url, reach, resolve, tries=3)
    assert [one.reason for one in later] == ["address"] * 3
    assert len(asked) == 4
    assert receiver.connections == 0


def test_a_connection_goes_to_the_address_that_was_looked_at(receiver) -> None:
    asked: list[str] = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    url = f"http://hooks.localhost:{receiver.port}/in"
    (got,) = send(url, NEAR, resolve, tls=False)
    assert got == Answer(204, "2xx", "status 204")
    assert asked == ["hooks.localhost"]
    assert receiver.got[0].headers["host"] == f"hooks.localhost:{receiver.port}"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433"]
)
def test_an_address_in_the_url_is_looked_at_when_it_is_connected_to(receiver, host) -> None:
    """As if the look at the URL had missed it: no name is resolved here."""

    def resolve(_: str) -> list[str]:
        raise AssertionError("there is no name to resolve")

    reach = Reach(ports=frozenset({443, receiver.port}))
    (got,) = send(f"https://{host}:{receiver.port}/", reach, resolve)
    assert got.reason in ("address", "protocol")
    assert receiver.connections == 0


def test_without_tls_only_this_machine_is_connected_to(receiver) -> None:
    url = f"http://hooks.localhost:{receiver.port}/"
    (got,) = send(url, NEAR, lambda _: ["192.0.1.1"], tls=False)
    assert (got.reason, got.detail) == (
        "address",
        "the receiver stands at an address that needs https",
    )


def test_a_port_that_is_not_allowed_is_not_connected_to(receiver) -> None:
    (got,) = send(f"https://hooks.example.com:{receiver.port}/", Reach(), lambda _: ["192.0.1.1"])
    assert got.detail == "the receiver stands at a port that is not allowed"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(receiver, status) -> None:
    receiver.answer = lambda _: (status, {"Location": "/elsewhere"})
    (got,) = send(receiver.url, NEAR, lambda _: [], tls=False)
    assert (got.status, got.reason, got.taken) == (status, "3xx", False)
    assert [one.path for one in receiver.got] == ["/in?secret=in-the-query"]


def test_proxies_and_credentials_of_the_environment_are_ignored(
    receiver, monkeypatch, tmp_path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password geheim\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    (got,) = send(receiver.url, NEAR, lambda _: [], tls=False)
    assert got.taken
    assert not {"authorization", "proxy-authorization"} & set(receiver.got[0].headers)


def test_an_endless_answer_is_read_no_further_than_its_bound(receiver) -> None:
    receiver.answer = lambda _: 200
    receiver.body = b"x" * 50_000_000
    answers = send(receiver.url, NEAR, lambda _: [], tls=False, tries=2)
    assert all(one.taken for one in answers)
    # The rest was not waited for: the connection was given up each time.
    assert receiver.connections == 2


def test_a_certificate_has_to_be_that_of_the_name(tmp_path) -> None:
    authority = Authority(tmp_path)
    trusting = ssl.create_default_context(cafile=str(authority.path))
    with receiving(certificate=authority.issue("receiver", "127.0.0.1")) as receiver:
        (got,) = send(receiver.url, NEAR, lambda _: [], context=trusting)
        assert got.taken
        (got,) = send(receiver.url, NEAR, lambda _: [])
        assert got.reason == "connection"
        other = f"https://hooks.localhost:{receiver.port}/"
        (got,) = send(other, NEAR, lambda _: ["127.0.0.1"], context=trusting)
        assert got.reason == "connection"
        assert len(receiver.got) == 1


def test_a_name_nobody_knows_is_a_failed_connection() -> None:
    def resolve(_: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "nobody knows it")

    for answer in (resolve, lambda _: []):
        (got,) = send("https://hooks.example.com/", Reach(), answer)
        assert (got.reason, got.status) == ("connection", 0)


@pytest.mark.parametrize("said", [["no address"], ["1.2.3.4.5"], [""]])
def test_what_a_name_server_should_never_say_is_a_failed_request(said) -> None:
    (got,) = send("https://hooks.example.com/", Reach(), lambda _: said)
    assert (got.reason, got.taken) == ("protocol", False)


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"no HTTP\r\n\r\n",
        b"HTTP/1.1 200",
        b"HTTP/9.9 999 ?\r\n\r\n",
        b"HTTP/1.1 500 \xff\r\nRetry-After: \xff\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 500 x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\nzzz\r\n",
    ],
)
def test_whatever_a_receiver_answers_with_is_one_failed_request(reply: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(reply)

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        (got,) = send(url, NEAR, lambda _: [], tls=False, timeout_s=2)
        thread.join()
    assert not got.taken
    assert got.reason in ("connection", "protocol", "5xx")
