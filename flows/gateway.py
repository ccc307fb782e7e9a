"""The gateway beside a flow, in one process, or in front of Kafka, where flows run elsewhere."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from connectors.file_topics import FileTopics
from connectors.gateway.admission import Admission
from connectors.gateway.api import create_app
from connectors.gateway.auth.gatekeeper import Gatekeeper
from connectors.gateway.auth.keychain import Keychain
from connectors.gateway.auth.origins import Origins
from connectors.gateway.auth.redemptions import LogRedemptions, OwnRedemptions, Redemptions
from connectors.gateway.auth.settings import AuthSettings, open_keychain
from connectors.gateway.auth.stream_ids import StreamIds
from connectors.gateway.auth.tickets import Tickets
from connectors.gateway.bus import Bus
from connectors.gateway.event_plugins import load_event_plugins
from connectors.gateway.kafka_bus import KafkaBus
from connectors.gateway.limits.settings import LimitSettings
from connectors.gateway.memory_bus import MemoryBus
from connectors.gateway.proxy.settings import ProxySettings
from connectors.gateway.rules.rule_bundles import RuleBundles, in_force_by
from connectors.gateway.rules.settings import RuleSettings
from connectors.gateway.server import HttpServer, bind
from connectors.gateway.service import Service
from connectors.gateway.settings import GatewaySettings
from connectors.gateway.subscribers.subscriber import StreamSubscriber
from connectors.kafka.settings import KafkaSettings
from connectors.memory import MemorySink, MemorySource, MemoryTopics
from connectors.metrics.checks import ChecksMetrics
from connectors.metrics.guard import GuardMetrics
from connectors.recovery import Owner, hold
from connectors.stopping import begin
from flows.embedded import compose
from flows.policies import follow_policies
from flows.runtime import run as run_flow
from flows.samples import open_samples
from flows.subscribers import open_subscribers
from guardrails.errors import ConnectorError
from guardrails.plans import Plans

# Streams of an embedded gateway share one partition: more would only add sleepers.
_PARTITIONS = 1
# Seconds between snapshots of an embedded flow: its streams are few, and a restart repeats less.
_EPOCH_S = 5.0
# Seconds between two looks at whether the log is still read: readiness tells it before.
_LOOK_S = 2.0


def open_topics(data_dir: Path | None) -> tuple[MemoryTopics, str]:
    """Return the topics of an embedded gateway, and the name of their log.

    data_dir: where they stand in files; None keeps them in memory, under a new name each time.
    Raises ConnectorError.
    """
    if data_dir is None:
        return MemoryTopics(_PARTITIONS), secrets.token_hex(4)
    path = data_dir / "epoch"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text(secrets.token_hex(4), "ascii")
        epoch = path.read_text("ascii").strip()
    except OSError as error:
        raise ConnectorError(
            f"{path}: cannot be made or read ({error.strerror}); make the data directory writable"
        ) from error
    return FileTopics(data_dir / "topics", _PARTITIONS), epoch


def open_server(
    bus: Bus,
    environ: Mapping[str, str],
    *,
    plans: Plans,
    least: int = 0,
    keychain: Keychain | None = None,
    topics: MemoryTopics | None = None,
    subscribers: Sequence[StreamSubscriber] = (),
    redemptions: Redemptions | None = None,
) -> HttpServer:
    """Return a gateway over a bus, bound to its port. Raises SettingError, ConnectorError.

    plans: what streams are judged by, as far as this process knows: clients are told of rules,
    times and names by it. least: see `in_force_by`. keychain: None takes it from the environment.
    topics: of an embedded gateway. subscribers: are told of all streams, beside those that
    settings ask for. redemptions: of tickets; None for a gateway that has no replicas.
    """
    # Whatever may be refused is read before a port is taken and a thread begun.
    auth, settings = AuthSettings.from_env(environ), GatewaySettings.from_env(environ)
    limits, proxy = LimitSettings.from_env(environ), ProxySettings.from_env(environ)
    rules = open_rules(plans, environ, least=least)
    idle_s = idle_by(plans)
    admission, gatekeeper = Admission(limits, idle_s=idle_s(None)), Gatekeeper(auth)
    keychain = keychain or open_keychain(environ, settings.data_dir)
    samples, plugins = open_samples(plans), load_event_plugins()
    with ExitStack() as opened:
        listener = opened.enter_context(bind(auth.host, settings.port))
        port = listener.getsockname()[1]
        service = Service(
            bus=bus,
            gatekeeper=gatekeeper,
            ids=StreamIds(keychain),
            tickets=Tickets(keychain, redemptions or OwnRedemptions(time.time), time.time),
            origins=Origins.of_listener(auth.origins, port, on_loopback=auth.on_loopback),
            admission=admission,
            timing=settings.timing,
            history_bytes=settings.history_mb * 2**20,
            idle_s=idle_s,
            rules=rules,
            samples=samples,
            subscribers=[*subscribers, *open_subscribers(settings, environ, topics)],
            plugins=plugins,
        )
        app = create_app(service, proxy, only_loopback_names=auth.only_loopback_names)
        server = HttpServer(app, service, listener)
        # The server has it now.
        opened.pop_all()
    return server


def idle_by(plans: Plans) -> Callable[[str | None], float]:
    """Return what tells after how many seconds without text a stream of a policy ends.

    Of a policy nobody knows here as of the default one: another process may know it.
    """

    def idle_s(name: str | None) -> float:
        now_ms = time.time_ns() // 1_000_000
        found = plans.in_force(name, now_ms) or plans.in_force(None, now_ms)
        policy = plans.default.policy if found is None else found[0]
        return policy.limits.idle_timeout_s

    return idle_s


def open_rules(plans: Plans, environ: Mapping[str, str], *, least: int = 0) -> RuleBundles | None:
    """Return what clients may check by themselves; None without a key to sign it with.

    least: see `in_force_by`. Raises SettingError.
    """
    settings = RuleSettings.from_env(environ)
    if settings.signer is None:
        return None
    now = partial(datetime.now, UTC)
    return RuleBundles(
        settings.signer,
        in_force_by(plans, now, least=least),
        now=now,
        ttl=settings.ttl,
        withheld=settings.withheld,
    )


class Embedded(AbstractContextManager["Embedded"]):
    """A guard flow and a gateway in one process. Enter it, then `run` until it is stopped.

    >>> import threading
    >>> from guardrails import default_plan
    >>> stop = threading.Event()
    >>> with Embedded(Plans(default_plan()), {"TIDEGATE_GATEWAY_PORT": "0"}, stop) as gateway:
    ...     gateway.url.startswith("http://127.0.0.1:")
    True
    """

    def __init__(
        self,
        plans: Plans,
        environ: Mapping[str, str],
        stop: threading.Event,
        *,
        policies: tuple[str, ...] = (),
        metrics: GuardMetrics | None = None,
        checks_metrics: ChecksMetrics | None = None,
        subscribers: Sequence[StreamSubscriber] = (),
    ) -> None:
        """policies: files to be followed while the flow runs. metrics, checks_metrics: count what
        guard and checks do. subscribers: are told of all streams, see docs/gateway.md.

        Raises SettingError, ConnectorError.
        """
        settings = GatewaySettings.from_env(environ)
        self._data_dir = settings.data_dir
        self._stop = stop
        self._plans = plans
        self._policies = policies
        with ExitStack() as held:
            if settings.data_dir is not None:
                settings.data_dir.mkdir(parents=True, exist_ok=True)
                # Before anything in it is read: two processes would write into the same files.
                held.enter_context(hold(settings.data_dir, option="--data-dir"))
            topics, epoch = open_topics(settings.data_dir)
            self._flow = compose(
                MemorySource(topics, ["chunks"], stop=stop, drops=True),
                MemorySink(topics),
                plans,
                environ=environ,
                partitions=_PARTITIONS,
                stop=stop,
                recovery=self._data_dir is not None,
                observer=metrics,
                checks_metrics=checks_metrics,
                topics=topics,
            )
            keychain = None
            if settings.data_dir is None and not _has_secret(environ):
                # Streams in memory do not outlive the process, so their ids need not either.
                keychain = Keychain([secrets.token_hex(32).encode()])
            self._server = open_server(
                MemoryBus(
                    topics,
                    epoch,
                    # Files are read again after a restart; from memory all has been handed over.
                    kept_s=settings.history_s if settings.data_dir is not None else 0,
                    trouble=self._trouble,
                ),
                environ,
                plans=plans,
                # What is known of policies ends with the process, and versions must not fall.
                least=int(time.time() * 1000),
                keychain=keychain,
                topics=topics,
                subscribers=subscribers,
            )
            self._held = held.pop_all()
        self.url = self._server.url

    def __enter__(self) -> Self:
        with self._held as held:
            # A flow behind nothing is of no use.
            self._server.start(self._stop.set)
            held.callback(self._server.close)
            self._held = held.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._held.close()

    def run(self) -> None:
        """Guard streams until told to stop. Blocks; call from the main thread."""
        recovery_dir = None if self._data_dir is None else self._data_dir / "recovery"
        run_flow(
            self._flow,
            self._stop,
            recovery_dir=recovery_dir,
            epoch_s=_EPOCH_S,
            owner=Owner(self._flow.flow_id, "gateway"),
            beside=follow_policies(
                self._plans, self._policies, kafka=None, recovery_dir=recovery_dir
            ),
        )

    def _trouble(self) -> str | None:
        return "the gateway is stopping" if self._stop.is_set() else None


def serve_kafka(
    kafka: KafkaSettings,
    plans: Plans,
    environ: Mapping[str, str],
    stop: threading.Event,
    *,
    started: Callable[[str], object],
) -> None:
    """Serve a gateway in front of Kafka until told to stop. started: is told where it listens.

    plans: of the policies the guards were started with; what is activated is taken in as they do.
    Raises SettingError, and ConnectorError also when the log cannot be read any more.
    """
    bus = KafkaBus(kafka)
    redemptions = LogRedemptions(bus.append, time.time)
    bus.listen("tickets", redemptions.take)
    # Files are not watched: when one changed, each gateway would say otherwise, and versions of
    # rules would differ. The guards bury what is no policy; it is enough that they do.
    follower = follow_policies(plans, (), kafka=kafka, recovery_dir=None, buries=False)
    with follower, ExitStack() as held:
        server = open_server(bus, environ, plans=plans, redemptions=redemptions)
        server.start(stop.set)
        held.callback(server.close)
        begin(stop)
        started(server.url)
        while not stop.wait(_LOOK_S):
            if bus.trouble is not None:
                # It will not hear anything again; whoever runs it starts it anew.
                raise ConnectorError(bus.trouble)


def _has_secret(environ: Mapping[str, str]) -> bool:
    return any(environ.get(f"TIDEGATE_GATEWAY_SECRET{end}") for end in ("", "_FILE"))
