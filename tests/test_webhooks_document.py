"""The page of webhooks: every key, setting and metric, and examples that work."""

import re
import threading
from http.server import HTTPServer
from pathlib import Path

import pytest

from connectors.webhooks import metrics
from connectors.webhooks.reach import Reach
from connectors.webhooks.settings import KNOWN
from connectors.webhooks.signature import new_secret
from connectors.webhooks.subscription import Subscription
from connectors.webhooks.targets import parse_targets
from tests.connectors.webhooks.subscribing import Sending, target, until, verdict

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "webhooks.md").read_text("utf-8")


def row(name: str) -> str:
    found = re.search(rf"^\| `{re.escape(name)}` \|.*$", PAGE, re.MULTILINE)
    assert found is not None, name
    return found[0]


@pytest.mark.parametrize("name", Subscription.model_fields)
def test_every_key_of_a_subscription_is_explained_with_its_default(name: str) -> None:
    default = Subscription.model_fields[name].default
    if isinstance(default, bool):
        assert f"| `{str(default).lower()}` |" in row(name)
    elif isinstance(default, int | float):
        assert f"| `{default:g}` |" in row(name)
    else:
        row(name)


def test_every_setting_and_every_metric_is_explained() -> None:
    for name in KNOWN:
        row(name)
    for found in vars(metrics).values():
        name = getattr(found, "_name", None)
        if name is not None:
            row(name + ("_total" if found._type == "counter" else ""))


def test_the_subscriptions_of_the_page_can_be_used(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    for name in ("archive-webhook", "archive-webhook-before"):
        (tmp_path / name).write_text(new_secret())
    environ = {"ACME_WEBHOOK_SECRET": new_secret(), "ARCHIVE_TOKEN": "Bearer let-me-in"}
    text = example.replace("/run/secrets", str(tmp_path))
    assert [one.id for one in parse_targets(text, "webhooks.yaml", Reach(), environ)] == [
        *("acme-siem", "house-archive")
    ]


def test_the_receiver_of_the_page_takes_what_is_signed_and_nothing_else(capsys) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    secret = new_secret()
    names: dict = {}
    exec(example.replace("whsec_...", secret).rpartition("HTTPServer(")[0], names)
    names["Receiver"].log_message = lambda *_: None
    with HTTPServer(("127.0.0.1", 0), names["Receiver"]) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        to = Sending(target("good", url, (secret,)), target("forged", url, (new_secret(),)))
        try:
            to.put("good", verdict(1, stream_id="mine"))
            to.put("forged", verdict(2, stream_id="forged"))
            until(lambda: to.waiting("good") == [] and len(to.letters()) == 1)
        finally:
            to.close()
            server.shutdown()
            thread.join()
    assert len(names["seen"]) == 1
    assert capsys.readouterr().out == "verdict.allow mine\n"
