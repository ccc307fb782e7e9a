"""A webhook's receiver on loopback that can be told how to answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[list[Any]], int]


class Receiver:
    """What was posted, and how it was answered. answer: from the records to a status."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_address[1]}/audit?secret=in-the-query"
        self.answer: Answer = lambda _: 200
        self.retry_after = ""
        self.requests: list[tuple[dict[str, str], list[Any]]] = []
        self.taken: list[str] = []
        self.changed = threading.Condition()

    def take(self, headers: dict[str, str], records: list[Any]) -> int:
        """Answer one request."""
        status = self.answer(records)
        with self.changed:
            self.requests.append((headers, records))
            if status < 300:
                self.taken += [record["stream_id"] for record in records]
            self.changed.notify_all()
        return status

    def wait(self, enough: Callable[[], bool]) -> None:
        """Wait until something is so. Fails after half a minute."""
        with self.changed:
            assert self.changed.wait_for(enough, 30), "it did not happen"


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """Listen on a free port, or on one that was used before."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert body["v"] == 1
            status = receiver.take(dict(self.headers), body["records"])
            self.send_response(status)
            if receiver.retry_after:
                self.send_header("Retry-After", receiver.retry_after)
            if 300 <= status < 400:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        allow_reuse_address = True
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A sender that has given up waiting is part of some tests."""

    server = Server(("127.0.0.1", port), Handler)
    receiver = Receiver(server)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
