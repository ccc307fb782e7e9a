"""An issuer of tokens on loopback: a real server with real keys, which can be made to fail."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE = "tidegate"
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()


def jwk(private: Any, kid: str | None, **more: Any) -> dict[str, Any]:
    public = private.public_key()
    kinds = {rsa.RSAPublicKey: RSAAlgorithm, ec.EllipticCurvePublicKey: ECAlgorithm}
    kind: Any = next((one for base, one in kinds.items() if isinstance(public, base)), OKPAlgorithm)
    entry = json.loads(kind.to_jwk(public))
    entry.pop("key_ops", None)
    return {**entry, **({} if kid is None else {"kid": kid}), **more}


def pem(private: Any) -> bytes:
    public: bytes = private.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    return public


class IssuerServer:
    """Serves discovery and keys. `answer`: replaces the answer to both."""

    def __init__(self) -> None:
        self.url = ""
        self.keys: list[Any] = [jwk(RSA_KEY, "r1"), jwk(EC_KEY, "e1"), jwk(ED_KEY, "d1")]
        self.asked: list[str] = []
        self.answer: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
        self.discovered: dict[str, Any] = {}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        if self.answer is not None:
            return await self.answer(request)
        if request.path == "/keys":
            return web.json_response({"keys": self.keys})
        return web.json_response(
            {"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.discovered}
        )

    def token(
        self,
        key: Any = RSA_KEY,
        algorithm: str = "RS256",
        headers: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """Claims of None are left out."""
        now = int(time.time())
        all_claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ada",
            "tenant": "acme",
            "scope": "streams:write openid streams:read",
            "iat": now,
            "exp": now + 600,
            **claims,
        }
        kept = {name: value for name, value in all_claims.items() if value is not None}
        return jwt.encode(
            kept, key, algorithm, headers={"kid": "r1"} if headers is None else headers
        )


@asynccontextmanager
async def serving() -> AsyncIterator[IssuerServer]:
    server = IssuerServer()
    app = web.Application()
    app.router.add_get("/{path:.*}", server.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()


def run(test: Callable[[IssuerServer], Awaitable[None]]) -> None:
    async def serve() -> None:
        async with serving() as server:
            await test(server)

    asyncio.run(serve())
