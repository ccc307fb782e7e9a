"""How long connections live and what is waited for, in seconds."""

from __future__ import annotations

from typing import NamedTuple


class Timing(NamedTuple):
    """heartbeat_s: 15, below the minute after which proxies end a quiet connection. max_age_s: an
    hour; what is open longer comes back by itself. send_s: a client that takes nothing for so long
    is let go. request_s: for the head of a request, and again for its body. kept_s: so long a
    gateway remembers a stream that nothing is said of; longer than a guard lets one idle
    (`limits.idle_timeout_s`, 300).
    """

    heartbeat_s: float = 15.0
    max_age_s: float = 3_600.0
    send_s: float = 10.0
    request_s: float = 20.0
    kept_s: float = 900.0
