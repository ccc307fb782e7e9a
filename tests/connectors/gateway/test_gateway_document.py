"""What docs/gateway.md shows is what happens."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

from connectors.gateway.entry import View
from connectors.gateway.settings import GatewaySettings
from connectors.gateway.stream_event import StreamEventType
from tests.flows.command import environment
from tests.gateway import Gateway

TEXT = (Path(__file__).parents[3] / "docs" / "gateway.md").read_text("utf-8")


def names(kind: object) -> set[str]:
    """The words of a union of literals."""
    found = set()
    for one in get_args(kind):
        found |= {one} if isinstance(one, str) else names(one)
    return found


def test_the_client_of_ten_lines_runs(gateway: Gateway) -> None:
    (program, *_) = re.findall(r"```python\n(.*?)```", TEXT, re.S)
    done = subprocess.run(
        [sys.executable, "-c", program.replace("http://127.0.0.1:8080", gateway.url)],
        capture_output=True,
        text=True,
        env=environment(),
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("Write to [EMAIL_ADDRESS], or call.\n", "")


def test_every_type_of_event_is_described() -> None:
    assert {name for name in names(StreamEventType) if f"`{name}`" not in TEXT} == set()


def test_every_setting_and_wish_is_described() -> None:
    known = {str(field.validation_alias) for field in GatewaySettings.model_fields.values()}
    assert {name for name in known if f"`{name}`" not in TEXT} == set()
    assert {"metadata", "progress"} <= set(View._fields)
    assert all(f"{wish}=" in TEXT for wish in ("detail", "metadata", "progress"))
