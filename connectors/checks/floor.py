"""All stations, and the way of a job from its arrival to its result. Lives on the runner's loop."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from random import Random

import msgspec

from connectors.checks.backlog import Backlog
from connectors.checks.cache import AnswerCache
from connectors.checks.caller import Caller
from connectors.checks.checkers import open_checker
from connectors.checks.figures import Figures, FigureStream, Finished, Opened
from connectors.checks.gate import Gate
from connectors.checks.outcome import Outcome, write_result
from connectors.checks.settings import ChecksSettings
from connectors.checks.station import Station
from connectors.checks.ticket import Ticket
from connectors.settings import SettingError
from guardrails.breaker import Breaker, BreakerState
from guardrails.events import CheckResult
from guardrails.job import Job
from guardrails.setting import Setting

# Every change of a policy may leave one behind; 64 outlast a day of tuning.
MAX_STATIONS = 64

Deliver = Callable[[int, Job, CheckResult], None]
_Place = tuple[str, bytes]


class Floor:
    """The stations, one for each guardrail with its options; policies that say the same share one.

    `accept`, `prepare` and `close` belong to the loop; the rest to any thread.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        limits: ChecksSettings,
        random: Random,
        now_ms: Callable[[], int],
        deliver: Deliver,
    ) -> None:
        self._environ = environ
        self._limits = limits
        self._random = random
        self._now_ms = now_ms
        self._deliver = deliver
        self._stations: dict[_Place, Station] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._figures = FigureStream()
        self._accepted = 0
        self._cache = AnswerCache(limits.cache_entries, _now_s)

    def accept(self, number: int, job: Job) -> None:
        """Take a job. number: in the order of arrival, from 1."""
        self._accepted = number
        left_ms = job.requested_at_ms + job.request.deadline_ms - self._now_ms()
        ticket = Ticket(number, job, _now_s() + left_ms / 1000)
        if left_ms <= 0:
            self._finish(ticket, Outcome("timed_out", reason="its deadline had passed already"))
            return
        try:
            station = self._station(job.setting)
            loop = asyncio.get_running_loop()
            ticket.timer = loop.call_at(ticket.expires_at_s, station.expire, ticket)
            station.submit(ticket)
        except SettingError as error:
            self._finish(ticket, Outcome("failed", reason=str(error)))
        except Exception as error:  # noqa: BLE001 - one job that cannot be run stops no other
            # Its message may hold text.
            reason = f"the check raised {type(error).__name__}"
            self._finish(ticket, Outcome("failed", reason=reason))

    def prepare(self, settings: Iterable[Setting]) -> None:
        """Open the stations of settings; what is missing is reported by their first job."""
        for setting in settings:
            try:
                self._station(setting)
            except SettingError:
                continue

    def _finish(self, ticket: Ticket, outcome: Outcome) -> None:
        if ticket.done:
            return
        ticket.done = True
        if ticket.timer is not None:
            ticket.timer.cancel()
        result = write_result(ticket, outcome, self._now_ms())
        self._figures.report(
            Finished(result.guardrail, result.status, result.cached, result.latency_ms)
        )
        self._deliver(ticket.number, ticket.job, result)

    def _station(self, setting: Setting) -> Station:
        """Return the station of a setting. Raises SettingError when it cannot be opened."""
        place = _place(setting)
        station = self._stations.get(place)
        if station is None:
            station = self._open(setting, place[1])
            self._close_idle()
            self._stations[place] = station
        return station

    def _open(self, setting: Setting, options: bytes) -> Station:
        if setting.check is None:
            raise SettingError(f"'{setting.guardrail.id}' is no check; ask the guard about it")
        checker = open_checker(setting, self._environ, self._limits)
        opened = partial(self._figures.report, Opened(setting.guardrail.id))
        gate = Gate(Breaker(), _now_s, opened)
        caller = Caller(
            *(setting.guardrail, checker),
            timeout_s=setting.check.timeout_ms / 1000,
            gate=gate,
            random=self._random,
            now_s=_now_s,
            report=self._figures.report,
        )
        return Station(
            *(setting.guardrail, options, setting.check),
            checker=checker,
            caller=caller,
            gate=gate,
            backlog=Backlog(self._limits.max_waiting, self._limits.max_waiting_chars),
            cache=self._cache,
            finish=self._finish,
        )

    def _close_idle(self) -> None:
        """Close the oldest stations nobody uses, beyond `MAX_STATIONS`."""
        surplus = len(self._stations) + 1 - MAX_STATIONS
        idle = [place for place, station in self._stations.items() if station.idle]
        for place in idle[: max(0, surplus)]:
            task = asyncio.create_task(self._stations.pop(place).close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def has_room(self, job: Job, handed_over: int) -> bool:
        """Tell whether a job that text waits for would make none be skipped that it waits for too.

        handed_over: how many jobs were, those included that have not been accepted yet.
        """
        station = self._stations.get(_place(job.setting))
        ahead = handed_over - self._accepted
        if station is None:
            return ahead < self._limits.max_waiting
        return station.backlog.has_room(len(job.text.text), ahead)

    def figures(self) -> dict[str, Figures]:
        """Return the figures by guardrail; stations of one name are taken together."""
        found = dict(self._figures.latest)
        for (name, _), station in list(self._stations.items()):
            figures = found.get(name, Figures(name))
            breaker = station.gate.breaker
            found[name] = msgspec.structs.replace(
                figures,
                breaker=max(figures.breaker, breaker.state, key=list(BreakerState).index),
                waiting=figures.waiting + len(station.backlog),
                running=figures.running + station.running,
            )
        return found

    async def close(self) -> None:
        """Stop all calls and close what they used."""
        stations = list(self._stations.values())
        await asyncio.gather(*(station.close() for station in stations), *self._closing)


def _place(setting: Setting) -> _Place:
    options = hashlib.sha256(setting.options.model_dump_json().encode()).digest()
    return setting.guardrail.id, options


def _now_s() -> float:
    return asyncio.get_running_loop().time()
