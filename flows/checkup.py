"""What `tidegate doctor` looks at. Each check says what it found and, if it must, one fix."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from guardrails.errors import PolicyError, RuleError, TidegateError

if TYPE_CHECKING:
    from connectors.plugins import Plugin

# 1 GB: 100,000 live streams are 200 MB, and the store keeps several epochs.
MIN_FREE_BYTES = 1_000_000_000
_PACKAGES = ("tidegate", "bytewax", "kafka-python", "msgspec")


class Check(NamedTuple):
    """One thing that was looked at. fix: what to do about a problem, else empty."""

    name: str
    state: Literal["ok", "skip", "PROBLEM"]
    detail: str
    fix: str = ""


def examine(
    environ: Mapping[str, str],
    policy: str,
    recovery_dir: Path | None,
    *,
    look_at_broker: bool,
    timeout_s: float,
) -> Iterator[Check]:
    """Yield the checks as they are done. timeout_s: seconds a broker may take to answer."""
    yield _check_versions()
    yield from _check_plugins()
    yield _check_policy(policy)
    yield _check_environment(environ)
    yield _check_recovery(recovery_dir)
    yield _check_fast_client(environ)
    if look_at_broker:
        yield from _check_broker(environ, timeout_s)
    else:
        yield Check("broker", "skip", "not asked for")


def _check_versions() -> Check:
    import platform

    found = []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            return Check(
                *("versions", "PROBLEM", f"package {package} is not installed"),
                "install Tidegate anew: make install",
            )
    return Check("versions", "ok", f"Python {platform.python_version()}, {', '.join(found)}")


def _check_plugins() -> Iterator[Check]:
    from flows.plugins import load_plugins

    yield from _judge_plugins(load_plugins())


def _judge_plugins(plugins: Sequence[Plugin]) -> Iterator[Check]:
    """Say of each entry point what it brings, or why it brings nothing."""
    if not plugins:
        yield Check("plugins", "skip", "no installed package brings guardrails")
    for one in plugins:
        name, package = f"plugin '{one.entry}'", f"{one.package} {one.version}"
        if one.problem:
            yield Check(
                *(name, "PROBLEM", f"{package} ({one.target}) could not be loaded: {one.problem}"),
                f"correct or update it, or remove it: pip uninstall {one.package}",
            )
        else:
            brought = ", ".join(guardrail.id for guardrail in one.guardrails)
            yield Check(name, "ok", f"{package}, guardrails: {brought}")


def _check_policy(name: str) -> Check:
    from flows.policies import compile_policy, read_policy

    try:
        policy = read_policy(name)
        compile_policy(policy)
    except (PolicyError, RuleError) as error:
        problems = str(error).splitlines()
        more = f" (and {len(problems) - 1} more problems)" if len(problems) > 1 else ""
        return Check(
            *("policy", "PROBLEM", problems[0] + more),
            f"correct it until this is ok: tidegate policy check {name}",
        )
    count = len(policy.resolve())
    detail = f"'{policy.name}', version {policy.version}, {count} guardrails"
    if not count:
        return Check(
            *("policy", "PROBLEM", f"{detail}: nothing would be found"),
            f"name guardrails or families under 'guardrails' in {name}",
        )
    return Check("policy", "ok", detail)


def _check_environment(environ: Mapping[str, str]) -> Check:
    from connectors.kafka.settings import KafkaSettings
    from connectors.settings import GuardSettings

    try:
        GuardSettings.from_env(environ)
        KafkaSettings.from_env(environ)
    except TidegateError as error:
        first = str(error).splitlines()[0]
        return Check("environment", "PROBLEM", first, "correct or unset the variable it names")
    return Check("environment", "ok", "every setting can be used")


def _check_recovery(directory: Path | None) -> Check:
    name = "recovery directory"
    if directory is None:
        return Check(
            name, "skip", "none given; without --recovery-dir a restart loses what is held"
        )
    if not directory.exists():
        return Check(
            name, "PROBLEM", f"{directory} does not exist", f"create it: mkdir -p {directory}"
        )
    try:
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        return Check(
            *(name, "PROBLEM", f"{directory} cannot be written ({error.strerror})"),
            f"make it a directory the user who runs Tidegate owns: {directory}",
        )
    free = shutil.disk_usage(directory).free
    if free < MIN_FREE_BYTES:
        return Check(
            *(name, "PROBLEM", f"{directory} has {free / 1e6:,.0f} MB left"),
            f"make room: at least {MIN_FREE_BYTES / 1e6:,.0f} MB",
        )
    parts = len(list(directory.glob("part-*.sqlite3")))
    store = f"{parts} partitions" if parts else "empty, a store is made at the first run"
    return Check(name, "ok", f"{directory}, {store}, {free / 1e9:,.0f} GB free")


def _check_fast_client(environ: Mapping[str, str]) -> Check:
    name = "fast client"
    try:
        return Check(name, "ok", f"confluent-kafka {version('confluent-kafka')}")
    except PackageNotFoundError:
        if environ.get("TIDEGATE_KAFKA_CLIENT") == "confluent":
            return Check(
                *(name, "PROBLEM", "TIDEGATE_KAFKA_CLIENT=confluent, but it is not installed"),
                "pip install 'tidegate[fast]'",
            )
        return Check(name, "skip", "confluent-kafka is not installed; kafka-python is used")


def _check_broker(environ: Mapping[str, str], timeout_s: float) -> Iterator[Check]:
    from connectors.kafka.client import open_client
    from connectors.kafka.settings import KafkaSettings
    from connectors.kafka.topics import topic_specs

    try:
        settings = KafkaSettings.from_env(environ)
        settings = settings.model_copy(update={"startup_timeout_s": timeout_s})
        names = [spec.name for spec in topic_specs(settings, partitions=1)]
        admin = open_client(settings).admin()
        try:
            counts = admin.describe(names)
        finally:
            admin.close()
    except TidegateError as error:
        what, _, fix = str(error).splitlines()[0].partition("; ")
        yield Check("broker", "PROBLEM", what, fix or "set KAFKA_BOOTSTRAP_SERVERS to your brokers")
        yield Check("topics", "skip", "no broker to ask")
        return
    yield Check("broker", "ok", f"{settings.bootstrap_servers} answers")
    alone = settings.topic("policies")
    yield _judge_topics({name: counts.get(name) for name in names}, alone)


def _judge_topics(counts: Mapping[str, int | None], alone: str = "") -> Check:
    """Say whether all topics exist with one partition count. None: there is no such topic.

    alone: the topic that has one partition whatever the others have.
    """
    missing = [name for name, count in counts.items() if count is None]
    found = {name: n for name, n in counts.items() if n is not None and name != alone}
    if missing:
        partitions = f" --partitions {max(found.values())}" if found else ""
        return Check(
            *("topics", "PROBLEM", f"missing: {', '.join(missing)}"),
            f"tidegate topics create{partitions}",
        )
    if len(set(found.values())) > 1:
        shown = ", ".join(f"{name} {count}" for name, count in found.items())
        return Check(
            *("topics", "PROBLEM", f"partition counts differ: {shown}"),
            "use another TIDEGATE_TOPIC_PREFIX and run: tidegate topics create",
        )
    return Check("topics", "ok", f"{len(found)} topics with {max(found.values())} partitions each")
