"""docs/audit.md: its program runs, its example is true, its tables are complete."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

import connectors.audit.metrics  # noqa: F401 - registers what is asked for
from connectors.audit.settings import KNOWN
from guardrails.chain import Seal
from guardrails.events import GuardrailRecord, encode
from guardrails.guardrail import Action, Mode, PerformanceClass
from guardrails.rollup import Totals
from tests.audits import NOON_MS, audit, finding
from tests.connectors.audit.test_chain_writer import last_file, readings, write

TEXT = (Path(__file__).resolve().parent.parent / "docs" / "audit.md").read_text("utf-8")
KEY = "0123456789abcdef0123456789abcdef"


def block(language: str, holding: str) -> str:
    """The one code block of the language that holds something."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    (found,) = [one for one in blocks if holding in one]
    return found


@pytest.mark.parametrize("key", [None, KEY])
def test_the_program_that_checks_a_chain_without_us_does_so(tmp_path, key):
    seal = Seal(None if key is None else key.encode())
    for start in (0, 4, 8):
        write(tmp_path, readings(start, 4), seal=seal, file_bytes=2_000)
    program = block("python", "hashlib")

    def check() -> subprocess.CompletedProcess:
        command = [sys.executable, "-c", program, str(tmp_path), *([key] if key else [])]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = check()
    assert (done.returncode, done.stdout[:12]) == (0, "holds, up to")
    file = last_file(tmp_path)
    file.write_bytes(file.read_bytes().replace(b'"acme"', b'"emca"', 1))
    done = check()
    assert done.returncode == 1
    assert done.stderr.startswith(f"{file}:2: does not hold")


def test_the_example_of_a_rollup_is_what_its_streams_come_to():
    totals = Totals()
    email = GuardrailRecord(Mode.BLOCK, PerformanceClass.INSTANT, 1, 0)
    found = {"findings": (finding(),), "guardrails": {"email": email}, "outcome": Action.REDACT}
    for number in range(3):
        totals.add(audit(f"s{number}", **(found if number == 2 else {})))
    rollup = totals.rollup("acme", NOON_MS)
    assert json.loads(block("json", '"minute_ms"')) == json.loads(encode(rollup))


def test_every_setting_is_explained_and_nothing_else():
    rows = re.findall(r"^\| `(TIDEGATE_AUDIT_\w+)`(, `\.\.\._FILE`)?", TEXT, re.MULTILINE)
    explained = {name for name, _ in rows} | {f"{name}_FILE" for name, file in rows if file}
    assert explained == set(KNOWN)


def test_every_metric_is_explained_and_nothing_else():
    explained = set(re.findall(r"^\| `(tidegate_audit_\w+)", TEXT, re.MULTILINE))
    known = set()
    for metric in REGISTRY.collect():
        if metric.name.startswith("tidegate_audit_"):
            known.add(f"{metric.name}_total" if metric.type == "counter" else metric.name)
    assert explained == known
