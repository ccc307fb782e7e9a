"""A small web server with the page's modules, and bundles that are right or wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.gateway.rules.rule_bundles import InForce, RuleBundles
from connectors.gateway.rules.signing import RuleSigner
from guardrails.policy_text import parse_policy
from tests.node import PAGE

POLICY = "name: small\nguardrails: {email: {}, credit-card: {}, keywords: {phrases: [bluebird]}}\n"


class Site:
    """What is served. version: of the bundles; signer: who signs them; body: sent instead."""

    def __init__(self) -> None:
        self.ours = RuleSigner(Ed25519PrivateKey.from_private_bytes(b"o" * 32))
        self.stranger = RuleSigner(Ed25519PrivateKey.from_private_bytes(b"s" * 32))
        self.signer = self.ours
        self.version = 5
        self.now = datetime.now(UTC)
        self.tampered = False
        self.down = False
        self.address = ""
        self.statuses: list[int] = []
        self.tokens: list[str] = []
        self._policy = parse_policy(POLICY, "small.yaml")

    def rules(self, etag: str, encoding: str) -> tuple[int, dict[str, str], bytes]:
        """Answer `GET /v1/rules`."""
        if self.down:
            return 503, {}, b""
        bundles = RuleBundles(
            self.signer,
            lambda _: InForce(self._policy, self.version),
            now=lambda: self.now,
            ttl=timedelta(hours=4),
        )
        answer = bundles.answer(if_none_match=etag, accept_encoding=encoding)
        assert answer is not None
        if not self.tampered or answer.status != 200:
            return answer
        plain = bundles.answer()
        assert plain is not None
        document = json.loads(plain.body)
        document["payload"] = document["payload"][:-8] + "A" * 8
        return 200, {}, json.dumps(document).encode()


@contextmanager
def serve() -> Iterator[Site]:
    """Serve on loopback, with the headers a strict site sends."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.strip("/")
            if name == "v1/rules":
                headers = self.headers
                status, given, body = site.rules(
                    headers.get("If-None-Match", ""), headers.get("Accept-Encoding", "")
                )
                site.statuses.append(status)
                site.tokens.append(headers.get("Authorization", ""))
            elif name in {path.name for path in PAGE.glob("*.js")}:
                status, given = 200, {"Content-Type": "text/javascript"}
                body = (PAGE / name).read_bytes()
            else:
                status, given, body = 200, {"Content-Type": "text/html"}, b"<!doctype html>"
            self.send_response(status)
            policy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'"
            for key, value in {**given, "Content-Security-Policy": policy}.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
