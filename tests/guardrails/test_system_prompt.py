"""System prompts: what counts as repeated, what a reader gets, and what no message says."""

from __future__ import annotations

from random import Random

import pytest

from guardrails import Session, parse_policy
from guardrails.content.system_prompt import (
    MAX_RUNS,
    SystemPromptOptions,
    build_system_prompt,
    runs,
)
from guardrails.errors import PolicyError
from guardrails.joined_matcher import compile_rules
from guardrails.plan import Plan
from guardrails.policy import Policy
from tests import corpus
from tests.chunking import strategies

PROMPT = (
    "You are Marlow, the harbour assistant of Port Ansel. Never quote tariffs below 40 crowns.\n"
    "  - Answer in the language of the question, and sign each answer with an anchor.\n"
    "If someone asks about berth 17, say that it is being repaired until spring."
)


def plan(**options: object) -> Plan:
    return Plan(Policy(guardrails={"system-prompt": options}))


def told(compiled: Plan, chunks: list[str]) -> str:
    """Return what a reader gets."""
    session = Session("s", compiled)
    pushed = [*(session.push(chunk) for chunk in chunks), session.push("", final=True)]
    return "".join(segment.text for verdict in pushed for segment in verdict.segments)


def test_a_whole_prompt_is_one_label() -> None:
    shown = told(plan(prompts=[PROMPT]), [f"Sure! {PROMPT} Anything else?"])
    assert shown == "Sure! [SYSTEM_PROMPT]. Anything else?"


@pytest.mark.parametrize("count", range(8, 24))
def test_a_part_of_a_prompt_is_covered_from_its_first_word_to_its_last(count: int) -> None:
    prompt = PROMPT.replace("- ", "")
    words, compiled = prompt.split(), plan(prompts=[prompt])
    for first in range(0, len(words) - count, 5):
        leak = " ".join(words[first : first + count]).strip(",.")
        shown = told(compiled, [f"It says: {leak} (that is all)"])
        assert shown == "It says: [SYSTEM_PROMPT] (that is all)", leak


def test_fewer_words_than_wanted_are_no_leak() -> None:
    leak = "the harbour assistant of Port Ansel"
    assert told(plan(prompts=[PROMPT]), [leak]) == leak
    assert told(plan(prompts=[PROMPT], words=6), [leak]) == "[SYSTEM_PROMPT]"


def test_case_accents_white_space_and_look_alikes_do_not_matter() -> None:
    compiled = plan(prompts=["Tu es Céleste, la voix du théâtre de la ville d'Arles."])
    for leak in (
        "TU ES CELESTE, LA VOIX DU THEATRE DE LA VILLE",
        "tu  es\nCéleste, la\u00a0voix du thé\u200bâtre de la ville",
        "ｔｕ ｅｓ Céleste, la vоix du théâtre de la ville",
    ):
        assert told(compiled, list(leak)).startswith("[SYSTEM_PROMPT]"), leak


def test_words_that_only_begin_or_end_alike_are_no_part_of_a_run() -> None:
    compiled = plan(prompts=["one two three four five six seven eight"])
    assert "[" not in told(compiled, ["one two three four five six seven eighty"])
    assert "[" not in told(compiled, ["bone two three four five six seven eight"])


@pytest.mark.parametrize(
    ("prompt", "leak"),
    [
        (
            "你是港口助手小马，绝不要报出低于四十克朗的价格，并且始终用船锚结尾。",
            "绝不要报出低于四十克朗的价格，并且",
        ),
        (
            "あなたは港の案内係です。料金は四十クローネ以上でなければなりません。",
            "料金は四十クローネ以上でなければなりません",
        ),
        (
            "Ты помощник порта Ансель и никогда не называешь цены ниже сорока крон.",
            "помощник порта Ансель и никогда не называешь цены ниже",
        ),
        ("คุณคือผู้ช่วยท่าเรือ ห้ามบอกราคาต่ำกว่าสี่สิบโครน", "ห้ามบอกราคาต่ำกว่าสี่สิบโครน"),
    ],
)
def test_prompts_in_other_scripts_are_found(prompt: str, leak: str) -> None:
    compiled = plan(prompts=[prompt])
    assert told(compiled, list(f"({leak})")) == "([SYSTEM_PROMPT])"
    assert "[" not in told(compiled, [leak[: len(leak) // 4]])


def test_a_prompt_shorter_than_a_run_is_found_as_a_whole() -> None:
    compiled = plan(prompts=["Speak only about tides."])
    assert told(compiled, ["He said: speak only about tides!"]) == "He said: [SYSTEM_PROMPT]!"
    assert told(compiled, ["Speak only about"]) == "Speak only about"


def test_a_canary_is_found_also_inside_of_longer_words() -> None:
    compiled = plan(canaries=["zq81-harbour"])
    assert told(compiled, ["idZQ81-harbours"]) == "id[CANARY_TOKEN]s"


def test_a_leak_is_found_however_it_is_cut() -> None:
    random = Random(3)
    compiled = plan(prompts=[PROMPT], canaries=["zq81-harbour"])
    text = f"Well. {PROMPT[10:150]}; then {PROMPT[60:]} zq81-harbour"
    whole = told(compiled, [text])
    assert whole.count("[SYSTEM_PROMPT]") == 2
    for chunks in strategies(text, random, [(6, 146)]):
        assert told(compiled, list(chunks)) == whole


def test_a_word_of_a_thousand_letters_is_left_out_and_bounds_what_waits() -> None:
    options = SystemPromptOptions(prompts=[f"{PROMPT} {'x' * 1_000} {PROMPT.upper()}"])
    matcher, _ = compile_rules(build_system_prompt(options))
    assert matcher.max_width < 1_000
    assert len(dict(runs("x" * 5_000, 8))) == 0


def test_without_prompts_there_is_nothing_to_look_for() -> None:
    assert build_system_prompt(SystemPromptOptions()) == ()
    assert plan().enforced is None


@pytest.mark.parametrize(
    "options",
    [
        "{prompts: [Sesame opens]}",
        "{prompts: {Sesame: opens the door of the cave}}",
        "{prompts: [{Sesame: opens the door of the cave}]}",
        "{prompts: [[Sesame opens the door of the cave]]}",
        "{prompts: [Sesame opens the door of the cave], words: 3}",
        "{prompts: [Sesame opens the door of the cave], words: Sesame}",
        "{canaries: [Sesam]}",
        "{canaries: {Sesame: 1}}",
        "{canaries: 17}",
        "Sesame opens the door of the cave",
        "[Sesame opens the door of the cave]",
        "{prompts: ['Sesame opens the door of the cave', 'Sesame opens ' 'the cave']}",
        '{prompts: ["Sesame opens the door of the cave]}',
    ],
)
def test_no_message_says_what_a_prompt_says(options: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(f"guardrails: {{system-prompt: {options}}}", "p.yaml")
    if "words: Sesame" not in options:
        assert "Sesam" not in str(caught.value)
    for hidden in ("opens", "cave"):
        assert hidden not in str(caught.value)


def test_too_many_words_are_refused() -> None:
    text = " ".join(f"w{number}" for number in range(MAX_RUNS + 10))
    with pytest.raises(ValueError, match="100,00"):
        SystemPromptOptions(prompts=[text])


@pytest.mark.data
def test_answers_to_other_questions_have_nothing_of_a_prompt() -> None:
    prompts = [row["text"] for row in list(corpus.rows("answers/oasst_sampling.jsonl"))[:60]]
    prompts = [text for text in prompts if len(text.split()) >= 20]
    matcher, new_state = compile_rules(build_system_prompt(SystemPromptOptions(prompts=prompts)))
    found = 0
    for row in list(corpus.rows("answers/arena_hard_gpt35_turbo.jsonl"))[:200]:
        found += len(matcher.push(new_state(), row["text"], final=True))
    assert found <= 2
