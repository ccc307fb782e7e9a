"""One message, sent by hand: signed and checked as all others are, and tried once."""

from __future__ import annotations

import ssl
import time

from connectors.webhooks.connection import Resolve, open_session, resolve_by_system
from connectors.webhooks.lane import headers_of
from connectors.webhooks.message import sample
from connectors.webhooks.post import Answer, post
from connectors.webhooks.reach import Reach
from connectors.webhooks.targets import Target


async def send_once(target: Target, reach: Reach, resolve: Resolve = resolve_by_system) -> Answer:
    """Send a message of type `test`; return how it went."""
    now_s = time.time()
    parcel = sample(int(now_s * 1000))
    subscription = target.subscription
    session, lookup = open_session(
        reach,
        ssl.create_default_context(),
        tls=subscription.tls,
        connections=1,
        timeout_s=subscription.timeout_s,
        resolve=resolve,
    )
    try:
        async with session:
            headers = headers_of(target, parcel, int(now_s))
            return await post(session, subscription.url, parcel.body, headers)
    finally:
        await lookup.close()
