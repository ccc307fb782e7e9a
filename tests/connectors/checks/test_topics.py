"""Topics: what is near, what is away, by a service and by a model in a directory."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

pytest.importorskip("model2vec", reason="the extra `ml` is not installed")

from connectors.checks.answer import CallFailed
from connectors.checks.checkers import find_missing
from connectors.checks.embedding_service import MAX_TEXTS
from connectors.checks.likeness import Likeness
from connectors.checks.topics import cut
from flows.embedded import Guarded, guard_chunks
from guardrails.checks.background import BACKGROUND
from guardrails.policy import Policy
from tests import static_model
from tests.chunking import in_sizes
from tests.connectors.checks.test_toxicity import children
from tests.endpoint import GARBAGE, HANG, UNAVAILABLE, Asked, Endpoint, Reply, in_turn, reply
from tests.jobs import Running, eventually, job_of, setting_of
from tests.static_model import EXAMPLES, NEUTRAL, OTHERS, embed, embeddings, save_model

LEARNT = 1 + (len(BACKGROUND) + sum(map(len, EXAMPLES.values())) - 1) // MAX_TEXTS


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(static_model.service()) as server:
        yield server


def at(endpoint: Endpoint, **options: Any) -> dict[str, Any]:
    options = {"topics": EXAMPLES, "model": "m", **options}
    return {"url": f"{endpoint.url}/v1", **options}


def found(options: dict[str, Any], *texts: str) -> list[list[str]]:
    """The types of what is found in each text."""
    with Running() as running:
        setting = setting_of("topics", **options)
        jobs = [job_of(setting, text, stream_id=f"s{n}") for n, text in enumerate(texts)]
        results = running.run(*jobs)
    assert {result.status for result in results} == {"done"}, results
    return [[one.type for one in result.findings] for result in results]


def fails(script: Any, **options: Any) -> str:
    """Why a service that answers so gives no result."""
    with Endpoint(script) as endpoint, Running() as running:
        setting = setting_of("topics", **at(endpoint, max_attempts=1, **options))
        (result,) = running.run(job_of(setting, OTHERS["sport"]))
    assert (result.status, result.findings) in [("failed", ()), ("timed_out", ())]
    assert isinstance(result.reason, str)
    return result.reason


@pytest.mark.parametrize("where", ["service", "directory"])
def test_a_text_is_found_by_words_that_no_example_has(
    where: str, endpoint: Endpoint, directory: str
) -> None:
    options: dict[str, Any] = {"topics": EXAMPLES, "directory": directory}
    if where == "service":
        options = at(endpoint)
    assert found(options, *OTHERS.values(), NEUTRAL) == [["COOKING"], ["SPORT"], ["COMPUTERS"], []]


def test_the_finding_is_the_window_with_its_score(endpoint: Endpoint) -> None:
    text = f"  {OTHERS['sport']}\n"
    with Running() as running:
        setting = setting_of("topics", **at(endpoint))
        (result,) = running.run(job_of(setting, text, start=40))
    (finding,) = result.findings
    assert (finding.type, finding.start, finding.end) == ("SPORT", 42, 40 + len(text) - 1)
    assert 0.35 <= finding.confidence <= 1


def test_what_is_away_from_every_topic_is_found_and_what_is_near_one_is_not(
    endpoint: Endpoint,
) -> None:
    topics = {name: EXAMPLES[name] for name in ("cooking", "sport")}
    options = at(endpoint, topics=topics, find="away")
    assert found(options, *OTHERS.values(), NEUTRAL) == [[], [], ["OFF_TOPIC"], ["OFF_TOPIC"]]
    assert found({**options, "type": "ASTRAY"}, NEUTRAL) == [["ASTRAY"]]
    # What is too short to be about anything passes.
    assert found(options, "The server runs.") == [[]]
    assert found({**options, "min_chars": 10}, "The server runs.") == [["OFF_TOPIC"]]


def test_a_text_the_model_knows_no_word_of_is_near_nothing(endpoint: Endpoint) -> None:
    foreign = "Der Zug an die Küste fährt um halb zehn am Vormittag ab."
    options = at(endpoint)
    assert found(options, foreign) == [[]]
    assert found({**options, "find": "away"}, foreign) == [["OFF_TOPIC"]]


def test_what_is_nearer_to_the_sentences_it_must_not_be_taken_for_is_not_found(
    endpoint: Endpoint,
) -> None:
    options = at(endpoint, topics={"sport": EXAMPLES["sport"]})
    mixed = "The goalkeeper wins the match and debugs the program with a keyboard and a pointer."
    assert found({**options, "threshold": 0.1}, mixed) == [["SPORT"]]
    unlike = EXAMPLES["computers"]
    assert found({**options, "threshold": 0.1, "unlike": unlike}, mixed) == [[]]
    assert found({**options, "unlike": unlike}, OTHERS["sport"]) == [["SPORT"]]


def test_of_a_long_text_no_piece_is_lost(directory: str, endpoint: Endpoint) -> None:
    text = f"{NEUTRAL} " * 40 + OTHERS["cooking"] + f" {NEUTRAL}" * 40
    for options in ({"topics": EXAMPLES, "directory": directory}, at(endpoint)):
        assert found({**options, "piece_chars": 100}, text) == [["COOKING"]]
    asked = [one for call in endpoint.asked for one in call.body["input"]]
    assert max(map(len, asked)) <= 100
    assert max(len(call.body["input"]) for call in endpoint.asked) <= MAX_TEXTS


@pytest.mark.parametrize("seed", range(3))
def test_cut_pieces_are_all_of_a_text_but_white_space(seed: int) -> None:
    random = Random(seed)
    for _ in range(300):
        text = "".join(random.choices("ab  \n", k=random.randint(1, 60)))
        size = random.randint(2, 20)
        pieces = list(cut(text, size))
        assert re.sub(r"\s", "", "".join(pieces)) == re.sub(r"\s", "", text)
        assert all(len(piece) <= size and piece == piece.strip() != "" for piece in pieces)
        # A word is only cut when it is too long.
        assert {word for word in text.split() if len(word) <= size // 2} <= {*text.split()}


def test_the_examples_are_asked_for_once_and_texts_that_wait_together(endpoint: Endpoint) -> None:
    with Running() as running:
        setting = setting_of("topics", **at(endpoint, max_concurrency=1))
        running.run(job_of(setting, NEUTRAL))
        assert len(endpoint.asked) == LEARNT + 1
        endpoint.pause()
        running.submit(job_of(setting, "first", stream_id="first"))
        eventually(lambda: len(endpoint.asked) == LEARNT + 2)
        jobs = [job_of(setting, f"text {n}", stream_id=f"s{n}") for n in range(20)]
        running.submit(*jobs)
        eventually(lambda: running.figures("topics").waiting == 20)
        endpoint.go_on()
        running.wait(22)
        assert len(endpoint.asked) == LEARNT + 3
        assert sorted(endpoint.asked[-1].body["input"]) == sorted(f"text {n}" for n in range(20))
        assert sum(result.prompt_tokens for result in running.of(jobs)) == 7 * 20


def test_two_entries_of_a_policy_have_topics_of_their_own(endpoint: Endpoint) -> None:
    policy = Policy(
        guardrails={
            "topics/sport": at(endpoint, topics={"sport": EXAMPLES["sport"]}),
            "topics/kitchen": at(endpoint, topics={"cooking": EXAMPLES["cooking"]}, find="away"),
        }
    )
    first, second = policy.resolve()
    with Running() as running:
        one, other = running.run(job_of(first, OTHERS["sport"]), job_of(second, OTHERS["sport"]))
    assert [one.findings[0].type, other.findings[0].type] == ["SPORT", "OFF_TOPIC"]


def test_the_request_names_model_and_key_and_holds_texts_alone(endpoint: Endpoint) -> None:
    with Running({"KEY": "k"}) as running:
        running.run(job_of(setting_of("topics", **at(endpoint, api_key_env="KEY")), NEUTRAL))
    asked = endpoint.asked[-1]
    assert asked.body == {"model": "m", "input": [NEUTRAL], "encoding_format": "float"}
    assert asked.headers["Authorization"] == "Bearer k"


def test_a_missing_key_is_named_and_nothing_is_sent(endpoint: Endpoint) -> None:
    with Running({}) as running:
        setting = setting_of("topics", **at(endpoint, api_key_env="KEY"))
        (result,) = running.run(job_of(setting, NEUTRAL))
    wanted = "KEY: the policy names this variable and it is not set; set it"
    assert (result.status, result.reason, endpoint.asked) == ("failed", wanted, [])
    assert list(find_missing([setting], {})) == [f"'topics': {wanted}"]


def vector_of(numbers: str) -> Reply:
    """An answer about each text with these numbers as they stand."""
    one = [f'{{"index": {n}, "embedding": [{numbers}]}}' for n in range(MAX_TEXTS)]
    return Reply(body=f'{{"data": [{", ".join(one)}]}}'.encode())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (GARBAGE, "the response is not JSON"),
        (vector_of("NaN"), "the response is not JSON"),
        (vector_of("null"), "the response is no list of embeddings"),
        (vector_of("1e300"), "the model's vectors hold what is no finite number"),
        (
            vector_of(""),
            "expected vectors of one length from 1 to 16,384 numbers, got 0 to 0",
        ),
        (embeddings([[1.0, 0.0]] * 3), "there are vectors of 3 texts, expected 32"),
        (
            embeddings([[1.0, 0.0]] * 31 + [[1.0]]),
            "expected vectors of one length from 1 to 16,384 numbers, got 1 to 2",
        ),
        (
            reply({"data": [{"index": 0, "embedding": [1.0]}] * 32}),
            "the response does not say which vector is of which text",
        ),
        (reply({"error": "no"}), "the response is no list of embeddings"),
        (Reply(status=401), "the service does not accept the API key (401)"),
        (UNAVAILABLE, "the service answered with status 503"),
        (Reply(body=b" " * (9 << 20)), "the response has more than 8,388,608 bytes"),
    ],
    ids=range(12),
)
def test_an_answer_that_does_not_fit_is_a_failure_that_says_why(answer: Reply, reason: str) -> None:
    assert fails(lambda _: answer) == reason


def test_vectors_that_say_nothing_of_a_topic_are_a_failure() -> None:
    reason = fails(lambda asked: embeddings([[0.0, 0.0]] * len(asked.body["input"])))
    assert reason == (
        "the model knows no word of the examples of COOKING; write others, or take a model of "
        "their language"
    )


def test_vectors_of_two_lengths_are_refused() -> None:
    with pytest.raises(CallFailed, match="have 3 dimensions and 2; expected one number"):
        Likeness([[1.0, 0.0]], {"A": [[1.0, 0.0, 0.0]]})


def test_what_all_vectors_of_a_model_have_in_common_changes_no_score() -> None:
    def learn(common: float) -> list[dict[str, float]]:
        def vectors(texts: Sequence[str]) -> list[list[float]]:
            return [[*(x / math.hypot(*one) for x in one), common] for one in embed(texts)]

        examples = {name: vectors(each) for name, each in EXAMPLES.items()}
        likeness = Likeness(vectors(BACKGROUND), examples)
        return [likeness.scores(one) for one in vectors([*OTHERS.values(), NEUTRAL])]

    alike, apart = learn(3.0), learn(0.0)
    for one, other in zip(alike, apart, strict=True):
        assert one == pytest.approx(other, abs=1e-9)
    assert apart[0]["cooking"] > 0.35 > apart[-1]["cooking"]


def test_a_service_whose_model_changes_is_asked_for_the_examples_again() -> None:
    def answer(asked: Asked) -> Reply:
        vectors = embed(asked.body["input"])
        return embeddings([[*vector, 0.0] for vector in vectors] if changed else vectors)

    changed = False
    with Endpoint(answer) as endpoint, Running() as running:
        setting = setting_of("topics", **at(endpoint))
        (before,) = running.run(job_of(setting, OTHERS["sport"]))
        changed = True
        (after,) = running.run(job_of(setting, OTHERS["cooking"], stream_id="t"))
    assert before.findings[0].type == "SPORT"
    assert (after.status, after.attempts, after.findings[0].type) == ("done", 2, "COOKING")


def test_a_service_that_fails_while_the_examples_are_learnt_is_asked_for_the_rest() -> None:
    well = static_model.service()
    with Endpoint(in_turn(well, UNAVAILABLE, well)) as endpoint, Running() as running:
        setting = setting_of("topics", **at(endpoint))
        (result,) = running.run(job_of(setting, OTHERS["sport"]))
        sent = [one for call in endpoint.asked for one in call.body["input"]]
    assert result.findings[0].type == "SPORT"
    # All but those of the call that failed went out once.
    assert len(sent) == len(set(sent)) + len(endpoint.asked[1].body["input"])


def test_a_service_that_hangs_times_out() -> None:
    assert (
        fails(lambda _: HANG, timeout_s=0.3) == "the vectors of the examples did not come in time"
    )

    def learns(asked: Asked) -> Reply:
        return HANG if OTHERS["sport"] in asked.body["input"] else static_model.service()(asked)

    with Endpoint(learns) as endpoint, Running() as running:
        setting = setting_of("topics", **at(endpoint, max_attempts=1, timeout_s=2.0))
        running.runner.prepare([setting])
        eventually(lambda: len(endpoint.asked) == LEARNT)
        (result,) = running.run(job_of(setting, OTHERS["sport"]))
    assert (result.status, result.reason) == ("timed_out", "the service did not answer in time")


def test_a_directory_that_is_not_there_or_holds_no_model_is_named(tmp_path: Path) -> None:
    missing, empty = tmp_path / "missing", tmp_path / "empty"
    empty.mkdir()
    for path, words in ((missing, "there is no directory"), (empty, "holds no static model")):
        setting = setting_of("topics", directory=str(path), topics=EXAMPLES)
        with Running() as running:
            (result,) = running.run(job_of(setting, NEUTRAL))
        assert result.status == "failed"
        assert isinstance(result.reason, str)
        assert words in result.reason
        assert str(path) in result.reason
        assert list(find_missing([setting], {})) == [f"'topics': {result.reason}"]


def broken(tmp_path: Path, name: str) -> str:
    """A model one file of which is wrong."""
    directory = save_model(tmp_path)
    path = tmp_path / name
    if name == "model.safetensors":
        path.write_bytes(path.read_bytes()[:50])
    else:
        path.write_text(json.dumps({"a": 1}))
    return directory


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_model_that_cannot_be_loaded_is_a_failure_that_says_so(tmp_path: Path, name: str) -> None:
    setting = setting_of("topics", directory=broken(tmp_path, name), topics=EXAMPLES)
    with Running() as running:
        (result,) = running.run(job_of(setting, NEUTRAL))
    assert result.status == "failed"
    assert str(result.reason).startswith("the model cannot be loaded (")


def test_a_model_with_what_is_no_number_is_a_failure(tmp_path: Path) -> None:
    model = static_model.static_model()
    model.embedding = model.embedding * float("nan")
    model.save_pretrained(tmp_path)
    setting = setting_of("topics", directory=str(tmp_path), topics=EXAMPLES)
    with Running() as running:
        (result,) = running.run(job_of(setting, NEUTRAL))
    assert result.reason == "the model's vectors hold what is no finite number"


def test_without_the_extra_the_reason_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, directory: str
) -> None:
    monkeypatch.setattr("connectors.checks.embedding_model.find_spec", lambda name: None)
    with Running() as running:
        setting = setting_of("topics", directory=directory, topics=EXAMPLES)
        (result,) = running.run(job_of(setting, NEUTRAL))
    assert "pip install 'tidegate[ml]'" in str(result.reason)


def test_the_model_is_held_by_processes_that_end_with_the_runner(directory: str) -> None:
    with Running(processes=2) as running:
        setting = setting_of("topics", directory=directory, topics=EXAMPLES)
        running.run(*(job_of(setting, f"text {n}", stream_id=f"s{n}") for n in range(100)))
        assert 1 <= len(children()) <= 2
    assert children() == []


TEXT = f"{NEUTRAL}\n\n{OTHERS['sport']} Mail ada@example.org.\n\n{OTHERS['cooking']}\n"


def guard(options: dict[str, Any], seed: int) -> Guarded:
    policy = Policy(name="t", guardrails={"email": {}, "topics": {**options, "action": "redact"}})
    pieces = in_sizes(TEXT, Random(seed), 9)
    chunks = [
        {"stream_id": "s", "seq": seq, "text": piece, "final": seq == len(pieces) - 1}
        for seq, piece in enumerate(pieces)
    ]
    return guard_chunks(policy, chunks, batch=7, environ={})


@pytest.mark.parametrize("checkpoint", ["sentence", "paragraph", "end"])
def test_the_whole_flow_finds_the_same_in_every_chunking(
    endpoint: Endpoint, checkpoint: str
) -> None:
    options = at(endpoint, topics={"sport": EXAMPLES["sport"]}, checkpoint=checkpoint)
    guarded = [guard({**options, "piece_chars": 100}, seed) for seed in range(4)]
    contents = [one.audits["s"].content for one in guarded]
    assert contents[1:] == contents[:-1]
    assert len({one.released("s") for one in guarded}) == 1
    released = guarded[0].released("s")
    assert "goalkeeper" not in released
    found = [one for one in contents[0].findings if one.type == "SPORT"]
    assert [TEXT[one.start : one.end] for one in found] == {
        "sentence": [OTHERS["sport"]],
        "paragraph": [OTHERS["sport"] + " Mail ada@example.org."],
        "end": [TEXT.strip()],
    }[checkpoint]
    assert (OTHERS["cooking"] in released) is (checkpoint != "end")
    # What left the house is what readers would have seen.
    assert all("ada@" not in str(asked.body) for asked in endpoint.asked)


def test_the_whole_flow_runs_with_a_model_in_a_directory(directory: str) -> None:
    options = {"directory": directory, "topics": {"cooking": EXAMPLES["cooking"]}}
    released = guard(options, 1).released("s")
    assert released.startswith(f"{NEUTRAL}\n\n{OTHERS['sport']} Mail [EMAIL_ADDRESS].\n\n[COOKING]")
