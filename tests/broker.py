"""The Kafka broker of a test run: one that is given, else Apache Kafka from .kafka/, else noida-db.

What is started here listens on loopback only, on free ports, with one fresh data directory; it is
ended by its process id, and dies by itself when the test run is killed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import string
import subprocess
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy" / "kafka"
START_TIMEOUT_S = 60.0
# Small heap and the quick compiler only: 1.4 s and 155 MB to start, against 1.9 s and 190 MB.
JAVA_OPTIONS = ("-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
# Runs a command, notes its pid, and kills it when our end of the pipe closes, however we end.
LEASH = '"$@" & echo $! >"$0"; cat >/dev/null; kill -9 "$(cat "$0")" 2>/dev/null; wait'


class NoBrokerError(Exception):
    """No broker is given, installed or starting. Next: run `make kafka`, or set the variable."""


class Broker:
    """One broker. `name` says which, `bootstrap` where; `kill` and `start` are for chaos tests."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        """Choose, but start nothing.

        environ: KAFKA_BOOTSTRAP_SERVERS in it is used as it is; TIDEGATE_TEST_BROKER=noida passes
        over an installed Apache Kafka.
        """
        self.bootstrap = environ.get("KAFKA_BOOTSTRAP_SERVERS", "")
        self._home: Path | None = None
        self._leash: subprocess.Popen[bytes] | None = None
        self._pid = 0
        wanted = environ.get("TIDEGATE_TEST_BROKER", "")
        libs = ROOT / ".kafka" / "libs"
        noida = importlib.util.find_spec("noida_db")
        if self.bootstrap:
            self.name = f"the given broker at {self.bootstrap}"
            self.kind = "given"
        elif wanted != "noida" and (ROOT / ".kafka" / "stamp").is_file() and shutil.which("java"):
            version = (ROOT / ".kafka" / "version").read_text().strip()
            self.name = f"Apache Kafka {version} from .kafka/ (real broker, started by the suite)"
            self.kind = "kafka"
            self._classpath = f"{libs}/*"
        elif noida is not None and noida.origin is not None:
            self.name = "noida-db (a stand-in, NOT Apache Kafka: run `make kafka` for that)"
            self.kind = "noida"
            self._binary = Path(noida.origin).parent / "noida-db"
        else:
            self.name = "none: run `make kafka`, or set KAFKA_BOOTSTRAP_SERVERS"
            self.kind = "none"

    @property
    def survives_kill(self) -> bool:
        """Whether `kill` and `start` work and acknowledged records are still there afterwards."""
        return self.kind == "kafka"

    def start(self) -> None:
        """Start, or start again on the same port and data after `kill`; returns when it answers."""
        if self.kind == "given":
            self._wait_until_it_answers()
            return
        if self.kind == "none":
            raise NoBrokerError(self.name)
        if self._home is None:
            self._home = Path(tempfile.mkdtemp(prefix="tidegate-broker-"))
            self._port, self._controller_port = free_ports(2)
            self.bootstrap = f"127.0.0.1:{self._port}"
            if self.kind == "kafka":
                self._format()
        self._launch()
        self._wait_until_it_answers()

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Shut down and remove the data directory."""
        self._end(signal.SIGTERM)
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = None

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        os.kill(self._pid, signal.SIGSTOP)

    def unpause(self) -> None:
        """SIGCONT after `pause`."""
        os.kill(self._pid, signal.SIGCONT)

    def _java(self, *command: str) -> list[str]:
        return [
            "java",
            *JAVA_OPTIONS,
            f"-Dlog4j2.configurationFile={DEPLOY / 'log4j2.properties'}",
            f"-Dkafka.log.file={self._home}/kafka.log",
            "-cp",
            self._classpath,
            *command,
        ]

    def _properties(self) -> str:
        """The configuration of Apache Kafka."""
        assert self._home is not None
        template = string.Template((DEPLOY / "server.properties").read_text())
        return template.substitute(
            port=self._port, controller_port=self._controller_port, data_dir=self._home / "data"
        )

    def _users(self) -> list[str]:
        """Options of the storage tool that make users."""
        return []

    def _format(self) -> None:
        assert self._home is not None
        properties = self._home / "server.properties"
        properties.write_text(self._properties())
        # A leading hyphen would be read as an option.
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
        command = self._java("kafka.tools.StorageTool", "format", "-t", cluster, "-c")
        done = subprocess.run(
            [*command, str(properties), *self._users()],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode != 0:
            raise NoBrokerError(f"StorageTool: {done.stdout[-500:]}{done.stderr[-500:]}")

    def _launch(self) -> None:
        assert self._home is not None
        if self.kind == "kafka":
            command = self._java("kafka.Kafka", str(self._home / "server.properties"))
        else:
            self._binary.chmod(0o755)
            data = ["--data-dir", str(self._home / "data")]
            only = ["--only", "kafka", "--kafka-port", str(self._port)]
            command = [str(self._binary), "start", *data, *only]
        pid_file = self._home / "pid"
        pid_file.unlink(missing_ok=True)
        with (self._home / "output.log").open("ab") as output:
            self._leash = subprocess.Popen(
                ["/bin/sh", "-c", LEASH, str(pid_file), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                # Ctrl-C in the terminal ends the tests first, then us.
                start_new_session=True,
            )
        while not (pid_file.is_file() and pid_file.read_text().strip()):
            time.sleep(0.01)
        self._pid = int(pid_file.read_text())

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        # A bare socket first: the client backs off for seconds and leaves its refused sockets open.
        while self._pid and not listens(self._port):
            if time.monotonic() > deadline or not alive(self._pid):
                raise NoBrokerError(f"{self.name} does not start; {self._last_words()}")
            time.sleep(0.02)
        try:
            KafkaAdminClient(
                bootstrap_servers=self.bootstrap.split(","),
                bootstrap_timeout_ms=int(START_TIMEOUT_S * 1000),
            ).close()
        except KafkaError as error:
            raise NoBrokerError(
                f"{self.name} does not answer: {type(error).__name__}; {self._last_words()}"
            ) from error

    def _last_words(self) -> str:
        if self._home is None:
            return "is it running?"
        output = self._home / "output.log"
        return output.read_text(errors="replace")[-500:] if output.exists() else "no output"

    def _end(self, how: signal.Signals) -> None:
        if self._leash is None or self._leash.stdin is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, how)
        deadline = time.monotonic() + 10
        while alive(self._pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        self._leash.stdin.close()
        self._leash.wait(timeout=10)
        self._leash = None


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def listens(port: int) -> bool:
    """Whether somebody accepts connections on the loopback port."""
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", port)) == 0


def free_ports(count: int) -> list[int]:
    """Loopback ports nobody listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
