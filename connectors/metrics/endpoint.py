"""The address Prometheus asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY, CollectorRegistry, start_http_server

from guardrails.errors import ConnectorError

# This computer only: metrics have no authentication.
LOOPBACK = "127.0.0.1"


@contextmanager
def serve_metrics(
    port: int | None, host: str = LOOPBACK, registry: CollectorRegistry = REGISTRY
) -> Iterator[int | None]:
    """Serve /metrics while the block runs; yield the port.

    port: None serves nothing, 0 takes a free one. host: the address to listen at. Raises
    ConnectorError if the port is taken.
    """
    if port is None:
        yield None
        return
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise ConnectorError(
            f"metrics cannot be served at {host}:{port} ({error.strerror}); choose another"
            " TIDEGATE_METRICS_PORT, one for each process"
        ) from error
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
