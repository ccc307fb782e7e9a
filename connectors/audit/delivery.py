"""Audit records to a URL: in order, in batches, again and again until they are taken."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import deque
from collections.abc import Iterable
from itertools import islice
from typing import Literal, NamedTuple
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from connectors.audit.metrics import DELIVERED, FAILED
from connectors.logs import logger
from connectors.webhooks.post import Answer, post
from connectors.webhooks.room import Room

log = logger(__name__)

# 100 records or 1 MiB a request: what usual servers take without being asked to.
MAX_BATCH_RECORDS = 100
MAX_BATCH_BYTES = 1024 * 1024
# A receiver only has to store; what takes longer than 10 s is not well.
TIMEOUT_S = 10.0
# Half a second at first, doubled with every failure, up to a minute: an outage of an hour costs a
# receiver that comes back some sixty requests.
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0
# The longest `Retry-After` that is followed.
LONGEST_ASKED_PAUSE_S = 300.0
# Seconds between two lines about the same outage.
_LOG_EVERY_S = 60.0
# Bad request, too large, not understood.
_REFUSALS = (400, 413, 422)


class Parcel(NamedTuple):
    """One audit record on its way, and where it stands in the log."""

    partition: int
    offset: int
    value: bytes


class Endpoint(NamedTuple):
    """Where to. token: sent as `Authorization: Bearer`. on_refused: what becomes of a record that
    the receiver refuses: hold it and all behind it until it is taken, or skip it.
    """

    url: str
    token: str | None = None
    on_refused: Literal["hold", "skip"] = "hold"
    first_pause_s: float = FIRST_PAUSE_S
    timeout_s: float = TIMEOUT_S

    @property
    def shown(self) -> str:
        """The part of the URL that holds no secret."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}:{parts.port or parts.scheme}"


class Delivery:
    """A queue and the one thread that empties it. Nothing here waits for the receiver but that
    thread. What was handed over and not taken yet is `waiting()`, what is under way included.
    """

    def __init__(self, endpoint: Endpoint, room: Room, waiting: Iterable[Parcel] = ()) -> None:
        """waiting: from the snapshot; sent first. The thread ends with `close`."""
        self._endpoint = endpoint
        self._room = room
        self._queue = deque(waiting)
        room.take([parcel.value for parcel in self._queue])
        self._filled = threading.Condition()
        self._stop = threading.Event()
        self._bug: BaseException | None = None
        self._batch_records = MAX_BATCH_RECORDS
        self._failures = 0
        self._logged_at = 0.0
        self._thread = threading.Thread(target=self._run, name="audit-webhook", daemon=True)
        self._thread.start()

    def put(self, parcels: Iterable[Parcel]) -> None:
        """Hand records over; returns at once. Raises what has ended the thread, if anything has."""
        if self._bug is not None:
            raise self._bug
        with self._filled:
            self._queue.extend(parcels)
            self._filled.notify()

    def waiting(self) -> tuple[Parcel, ...]:
        """Return what has not been taken yet, in order. Raises as `put` does."""
        if self._bug is not None:
            raise self._bug
        with self._filled:
            return tuple(self._queue)

    def close(self) -> None:
        """End the thread; a request that is under way may end by itself and count for nothing."""
        self._stop.set()
        with self._filled:
            self._filled.notify()
        self._thread.join(self._endpoint.timeout_s)

    def _run(self) -> None:
        try:
            asyncio.run(self._send())
        except Exception as error:  # noqa: BLE001 - told to the flow, which ends with it
            self._bug = error
            log.error(
                "the webhook's sending ended",
                endpoint=self._endpoint.shown,
                error=type(error).__name__,
            )

    async def _send(self) -> None:
        """Send until the end. Nothing else runs on this loop, so that waiting may block it."""
        headers = {"Content-Type": "application/json", "User-Agent": "tidegate"}
        if self._endpoint.token is not None:
            headers["Authorization"] = f"Bearer {self._endpoint.token}"
        async with aiohttp.ClientSession(
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=self._endpoint.timeout_s),
            # A loop that is blocked would not notice that an idle connection was closed.
            connector=aiohttp.TCPConnector(force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Not `trust_env`: it would send what a .netrc holds for the host as well.
            proxy=_proxy_of(self._endpoint.url),
        ) as session:
            while batch := self._next():
                self._settle(batch, await self._post(session, batch))

    def _next(self) -> list[Parcel]:
        """Wait for something to send; nothing means the end."""
        with self._filled:
            while not self._queue and not self._stop.is_set():
                self._filled.wait()
            if self._stop.is_set():
                return []
            batch: list[Parcel] = []
            size = 0
            for parcel in islice(self._queue, self._batch_records):
                size += len(parcel.value)
                if batch and size > MAX_BATCH_BYTES:
                    break
                batch.append(parcel)
            return batch

    async def _post(self, session: aiohttp.ClientSession, batch: list[Parcel]) -> Answer:
        body = b'{"v":1,"records":[%b]}' % b",".join(parcel.value for parcel in batch)
        return await post(session, self._endpoint.url, body)

    def _settle(self, batch: list[Parcel], answer: Answer) -> None:
        if answer.taken:
            self._drop(batch, "delivered")
            self._batch_records = min(MAX_BATCH_RECORDS, 2 * self._batch_records)
            self._say_recovered()
        elif _refused(answer) and len(batch) > 1:
            # One of them may be to blame: halve until it stands alone.
            self._batch_records = len(batch) // 2
        elif _refused(answer) and self._endpoint.on_refused == "skip":
            self._drop(batch, "refused")
            log.error(
                "the webhook refuses an audit record; skipped", **self._refusal(batch[0], answer)
            )
        else:
            self._fail(batch, answer)

    def _drop(self, batch: list[Parcel], outcome: str) -> None:
        with self._filled:
            for _ in batch:
                self._queue.popleft()
        self._room.give([parcel.value for parcel in batch])
        DELIVERED.labels(outcome).inc(len(batch))

    def _fail(self, batch: list[Parcel], answer: Answer) -> None:
        """Count it, say it now and then, and wait before the next try."""
        self._failures += 1
        FAILED.labels(answer.reason).inc()
        now = time.monotonic()
        if self._failures == 1 or now - self._logged_at > _LOG_EVERY_S:
            self._logged_at = now
            if _refused(answer):
                log.warning(
                    "the webhook refuses an audit record; trying again; correct the receiver, or "
                    "set what the field setting says",
                    setting="TIDEGATE_AUDIT_WEBHOOK_ON_REFUSED=skip",
                    waiting=len(self._queue),
                    **self._refusal(batch[0], answer),
                )
            else:
                log.warning(
                    "the webhook does not take records; trying again",
                    endpoint=self._endpoint.shown,
                    answer=answer.detail,
                    waiting=len(self._queue),
                )
        longest = min(LONGEST_PAUSE_S, self._endpoint.first_pause_s * 2 ** min(self._failures, 20))
        # Half of it by chance, so that many senders do not come back at once.
        pause_s = longest * random.uniform(0.5, 1.0)  # noqa: S311 - not a secret
        self._stop.wait(max(pause_s, min(answer.asked_pause_s, LONGEST_ASKED_PAUSE_S)))

    def _refusal(self, parcel: Parcel, answer: Answer) -> dict[str, str | int]:
        return {
            "endpoint": self._endpoint.shown,
            "answer": answer.detail,
            "partition": parcel.partition,
            "offset": parcel.offset,
        }

    def _say_recovered(self) -> None:
        if self._failures:
            log.warning(
                "the webhook takes records again",
                endpoint=self._endpoint.shown,
                failures=self._failures,
            )
        self._failures = 0


def _proxy_of(url: str) -> str | None:
    """Return the proxy the environment names for a URL; None: none is used."""
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    if not proxy or (parts.hostname and proxy_bypass(parts.hostname)):
        return None
    # Many write it without.
    return proxy if "://" in proxy else f"http://{proxy}"


def _refused(answer: Answer) -> bool:
    """Tell an answer about the records themselves: another try would be answered alike."""
    return answer.status in _REFUSALS
