"""A webhook's receiver on loopback that can be told how to answer."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple


class Got(NamedTuple):
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


# From a request to a status, and more headers.
Answer = Callable[[Got], int | tuple[int, dict[str, str]]]


class Receiver:
    """What was posted, and how it is answered. body: of every answer."""

    def __init__(self, server: ThreadingHTTPServer, scheme: str) -> None:
        self.port = server.server_address[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}/in?secret=in-the-query"
        self.answer: Answer = lambda _: 204
        self.body = b""
        self.got: list[Got] = []
        self.taken: list[Got] = []
        self.connections = 0
        self.changed = threading.Condition()

    def wait(self, enough: Callable[[], bool]) -> None:
        """Wait until something is so. Fails after half a minute."""
        with self.changed:
            assert self.changed.wait_for(enough, 30), "it did not happen"

    def offsets(self) -> list[int]:
        """The `seq` of the verdicts that were taken, once each."""
        return sorted({got.event["data"]["seq"] for got in self.taken})


@contextmanager
def receiving(port: int = 0, certificate: tuple[Path, Path] | None = None) -> Iterator[Receiver]:
    """Listen on a free port, or on one that was used before; with TLS if a certificate is given."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            with receiver.changed:
                receiver.connections += 1
                receiver.changed.notify_all()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got = Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            with receiver.changed:
                receiver.got.append(got)
                receiver.changed.notify_all()
            answer = receiver.answer(got)
            status, more = answer if isinstance(answer, tuple) else (answer, {})
            with receiver.changed:
                if status < 300:
                    receiver.taken.append(got)
                receiver.changed.notify_all()
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(receiver.body)))
            self.end_headers()
            if status != 204:
                self.wfile.write(receiver.body)

        def do_GET(self) -> None:
            with receiver.changed:
                receiver.got.append(Got(self.path, {}, b""))

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        allow_reuse_address = True
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A sender that has given up waiting is part of some tests."""

    server = Server(("127.0.0.1", port), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver = Receiver(server, "https" if certificate else "http")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
