"""Subscribers to all streams of a real gateway: by settings, and by a program around it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.gateway.settings import GatewaySettings
from connectors.gateway.subscribers.callback import CallbackSubscriber
from connectors.gateway.subscribers.subscriber import StreamSubscriber
from connectors.settings import SettingError
from flows.gateway import Embedded
from flows.subscribers import open_subscribers
from guardrails import default_plan
from guardrails.plans import Plans
from tests.connectors.webhooks.receiver import receiving
from tests.connectors.webhooks.subscribing import SECRET
from tests.gateway import Client, Gateway, running

TEXT = "Write to ada@example.com, or call. "
SAFE = "Write to [EMAIL_ADDRESS], or call. "

WEBHOOKS = """
subscriptions:
  - id: house
    all_tenants: true
    url: {url}
    events: [verdict.redact, audit]
    secrets: [{{env: TIDEGATE_WEBHOOKS_SECRET_HOUSE}}]
"""


def play(client: Client, text: str = TEXT) -> str:
    stream = client.start(context={"userId": "ada"})
    answers = [client.send(stream, text[at : at + 5], at // 5) for at in range(0, len(text), 5)]
    answers.append(client.finish(stream, position=answers[-1]["frontier"]))
    shown = "".join(piece["text"] for answer in answers for piece in answer["released"])
    assert shown == SAFE
    return stream


def embed(act: Callable[[Client], None], *subscribers: StreamSubscriber) -> None:
    """Run a gateway with a guard in this process, whose flow wants the main thread, for as long as
    `act` takes.
    """
    stop = threading.Event()
    plans = Plans(default_plan())
    with (
        Embedded(plans, {"TIDEGATE_GATEWAY_PORT": "0"}, stop, subscribers=subscribers) as gateway,
        ThreadPoolExecutor(1) as beside,
    ):

        def run() -> None:
            client = Client(gateway.url)
            try:
                act(client)
            finally:
                client.http.close()
                stop.set()

        acted = beside.submit(run)
        gateway.run()
        acted.result()


def test_events_and_webhooks_and_figures_by_settings(tmp_path: Path) -> None:
    events, subscriptions = tmp_path / "events.jsonl", tmp_path / "webhooks.yaml"
    with receiving() as receiver:
        subscriptions.write_text(WEBHOOKS.format(url=receiver.url))
        with running(
            *("--events-file", str(events)),
            TIDEGATE_GATEWAY_WEBHOOKS_FILE=str(subscriptions),
            TIDEGATE_GATEWAY_EVENT_METRICS="1",
            TIDEGATE_WEBHOOKS_LOOPBACK="1",
            TIDEGATE_WEBHOOKS_SECRET_HOUSE=SECRET,
        ) as gateway:
            client = Client(gateway.url)
            stream = play(client)
            receiver.wait(lambda: len(receiver.taken) == 2)
            figures = client.http.get("/metrics").text
            seen = list(client.events(stream, progress="true"))
            client.http.close()
            assert gateway.stop() == 0
        sent = {got.event["type"] for got in receiver.taken}
    assert sent == {"verdict.redact", "audit"}
    assert 'tidegate_gateway_findings_total{action="redact",type="EMAIL_ADDRESS"} 1.0' in figures
    assert 'tidegate_gateway_outcomes_total{outcome="redact"} 1.0' in figures
    written = [json.loads(line) for line in events.read_text().splitlines()]
    # What a client of the stream gets that wants everything, less what is said to one client.
    between = [one for one in seen if "id" in one or one["type"] not in ("metadata", "end")]
    assert written == between
    text = "".join(one["data"]["chunk"] for one in written if one["type"] == "partial_result")
    assert text == SAFE
    assert "ada@" not in events.read_text()


def test_a_program_around_the_gateway_is_called_back() -> None:
    shown: list[str] = []
    over = threading.Event()

    def show(stream_id: str, events: Sequence[object]) -> None:
        for event in events:
            if event.type == "partial_result":  # type: ignore[attr-defined]
                shown.append(event.data["chunk"])  # type: ignore[attr-defined]
            if event.type == "audit":  # type: ignore[attr-defined]
                over.set()

    def act(client: Client) -> None:
        play(client)
        assert over.wait(10)

    embed(act, CallbackSubscriber(show, "program"))
    assert "".join(shown) == SAFE


def test_guarding_goes_on_when_every_subscriber_fails_or_blocks() -> None:
    let_go = threading.Event()

    def fail(_stream_id: str, _events: object) -> None:
        raise RuntimeError("always")

    def block(_stream_id: str, _events: object) -> None:
        let_go.wait(60)

    def act(client: Client) -> None:
        for _ in range(20):
            stream = play(client)
        assert [event["type"] for event in client.events(stream)][-1] == "end"
        figures = client.http.get("/metrics").text
        let_go.set()
        failed = 'events_total{outcome="failed",subscriber="fails"} '
        assert float(figures.partition(failed)[2].split()[0]) > 100

    failing = [CallbackSubscriber(fail, "fails"), CallbackSubscriber(block, "never-returns")]
    embed(act, *failing)


@pytest.mark.parametrize(
    ("arguments", "environ", "said"),
    [
        (("--events-file", "/nowhere/at/all"), {}, "cannot be written"),
        ((), {"TIDEGATE_GATEWAY_WEBHOOKS_FILE": "/nowhere"}, "there is no file"),
    ],
)
def test_what_cannot_be_opened_ends_the_start_with_a_reason(
    arguments: tuple[str, ...], environ: dict[str, str], said: str
) -> None:
    with pytest.raises(AssertionError, match=said):
        Gateway(*arguments, **environ)


def test_webhooks_in_front_of_kafka_are_left_to_the_flow_that_forgets_nothing() -> None:
    environ = {"TIDEGATE_GATEWAY_WEBHOOKS_FILE": "webhooks.yaml"}
    with pytest.raises(SettingError, match="tidegate webhooks run"):
        open_subscribers(GatewaySettings.from_env(environ), environ, None)
