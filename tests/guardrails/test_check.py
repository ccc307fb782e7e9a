"""What a policy may say of checks: copies, options, secrets by name, and what mistakes are told."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from guardrails import parse_policy
from guardrails.check import resolve_check
from guardrails.errors import PolicyError
from guardrails.events import MAX_ID_CHARS
from guardrails.guardrail import Action, Checkpoint, Mode
from guardrails.naming import CHECKS
from guardrails.plan import Plan
from guardrails.policy import Policy
from guardrails.setting import Setting

URL = "http://localhost:8000/v1"
JUDGE = {"url": URL, "model": "m"}
TOPICS = {"directory": "/models/m", "topics": {"shares": ["Buy the shares now."]}}
HTTP = {"url": URL, "response": {"flagged": "bad"}}


def settings(**entries: object) -> dict[str, Setting]:
    return {one.guardrail.id: one for one in Policy(guardrails=entries).resolve()}


def the_problem(text: str) -> str:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, "p.yaml")
    (line,) = str(caught.value).splitlines()
    return line


def judge(lines: str) -> str:
    return f"guardrails:\n  judge/tone:\n    url: {URL}\n    model: m\n{lines}"


def test_defaults_follow_from_the_class() -> None:
    made = settings(toxicity={}, judge=JUDGE, moderation={}, http=HTTP)
    assert list(made) == ["toxicity", "moderation", "judge", "http"]
    assert [one.mode for one in made.values()] == [Mode.BLOCK] + [Mode.MONITOR] * 3
    checks = [one.check for one in made.values() if one.check is not None]
    assert [one.checkpoint for one in checks] == [Checkpoint.SENTENCE] + [Checkpoint.END] * 3
    assert not any(one.original for one in checks)
    assert all(one.fails_closed for one in checks)
    assert [one.cache_ms for one in checks] == [86_400_000, 3_600_000, 3_600_000, 0]


def test_a_policy_may_say_otherwise() -> None:
    options = {"checkpoint": "paragraph", "deadline_s": 3, "timeout_s": 10, "cache_s": 0}
    more = {"on_failure": "allow", "text": "original", "type": "TONE", "mode": "block"}
    made = settings(judge=JUDGE | options | more)["judge"]
    assert made.check is not None
    assert made.mode is Mode.BLOCK
    check = made.check
    assert (check.checkpoint, check.type) == (Checkpoint.PARAGRAPH, "TONE")
    # An attempt cannot last longer than all of them.
    assert (check.deadline_ms, check.timeout_ms, check.cache_ms) == (3_000, 3_000, 0)
    assert (check.fails_closed, check.original) == (False, True)


def test_a_check_runs_as_often_as_it_is_named() -> None:
    made = settings(
        **{
            "judge/tone": JUDGE | {"action": "warn"},
            "http/b": HTTP,
            "judge": JUDGE,
            "http/a": HTTP,
            "email": {},
        }
    )
    assert list(made) == ["email", "judge", "judge/tone", "http/b", "http/a"]
    assert made["judge/tone"].guardrail.check is made["judge"].guardrail.check
    assert [made[name].action for name in ("judge", "judge/tone")] == [Action.BLOCK, Action.WARN]
    plan = Plan(Policy(guardrails={"judge/tone": JUDGE, "judge": JUDGE}))
    assert [check.id for check in plan.checks] == ["judge", "judge/tone"]


def test_the_longest_name_of_a_copy_fits_an_event() -> None:
    name = f"moderation/{'n' * 64}"
    assert len(name) < MAX_ID_CHARS
    assert list(settings(**{name: {}})) == [name]


def test_a_familys_entry_sets_the_mode_of_checks_that_are_named_and_starts_none() -> None:
    made = settings(checks={"mode": "block", "action": "warn"}, **{"judge/tone": JUDGE})
    assert list(made) == ["judge/tone"]
    assert (made["judge/tone"].mode, made["judge/tone"].action) == (Mode.BLOCK, Action.WARN)


def test_a_familys_entry_alone_is_a_mistake() -> None:
    assert the_problem("guardrails:\n  checks: {mode: monitor}\n") == (
        "p.yaml:2:3: 'checks' says how the checks run that are named beside it, and none is; name "
        "toxicity, language, topics, moderation, judge or http"
    )


@pytest.mark.parametrize("mode", ["block", "disabled"])
def test_a_very_slow_check_only_watches(mode: str) -> None:
    text = f"guardrails: {{http/x: {{url: '{URL}', response: {{score: s}}, mode: {mode}}}}}"
    line = the_problem(text)
    assert f"mode is '{mode}', but 'http/x' is of class very_slow" in line
    assert "always runs in mode 'monitor'" in line


def test_a_slow_check_may_block_be_watched_or_disabled() -> None:
    for mode in Mode:
        made = settings(judge=JUDGE | {"mode": mode.value})
        assert [one.mode for one in made.values()] == ([] if mode is Mode.DISABLED else [mode])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("jugde/tone", "'jugde' is no check, and only checks have names behind a '/'"),
        ("email/mine", "'email' is no check, and only checks have names behind a '/'"),
        ("/tone", "'' is no check"),
        ("judge/", "expected 1 to 64 lower-case letters, digits and '-' behind the '/'"),
        ("judge/Tone", "expected 1 to 64 lower-case letters"),
        ("judge/a/b", "expected 1 to 64 lower-case letters"),
        ("jugde", "'jugde' is no guardrail and no family"),
    ],
)
def test_a_name_that_stands_for_nothing_is_refused_where_it_stands(name: str, text: str) -> None:
    line = the_problem(f"guardrails:\n  email: {{}}\n  {name}: {{}}\n")
    assert line.startswith(f"p.yaml:3:3: '{name}'")
    assert text in line
    if name.startswith("jugde"):
        assert line.endswith("did you mean 'judge'?")


@pytest.mark.parametrize(
    ("option", "place", "text"),
    [
        ("checkpoint: sentence", "5:17", "'judge/tone.checkpoint': expected one of end, paragraph"),
        ("checkpoint: chunk", "5:17", "expected one of sentence, paragraph, end, got 'chunk'"),
        ("threshold: 1.5", "5:16", "'judge/tone.threshold': must be less than or equal to 1"),
        ("treshold: 0.5", "5:5", "did you mean 'threshold'?"),
        ("deadline_s: 0", "5:17", "must be greater than 0"),
        ("deadline_s: '9'", "5:17", "must be a valid number"),
        ("timeout_s: 601", "5:16", "must be less than or equal to 600"),
        ("cache_s: -1", "5:14", "must be greater than or equal to 0"),
        ("on_failure: alow", "5:17", "did you mean 'allow'?"),
        ("text: orginal", "5:11", "did you mean 'original'?"),
        ("type: Tone", "5:11", "'judge/tone.type'"),
        ("max_concurrency: 0", "5:22", "must be greater than or equal to 1"),
        ("max_attempts: 11", "5:19", "must be less than or equal to 10"),
        ("categories: [tone, Tone]", "5:17", "category 2 makes the same type as category 1"),
        ("categories: ['9']", "5:17", "category 1 must begin with a letter"),
        ("parameters: {model: x}", "5:17", "'model' is set by the judge itself; remove it"),
        ("headers: {'bad name': x}", "5:14", "header 1 has characters no header may have"),
        ("headers: {Host: x}", "5:14", "header 'Host' is set by Tidegate itself"),
        ('headers: {X-A: "a\\nb"}', "5:14", "header 'X-A': expected 1 to 1,024 visible ASCII"),
    ],
)
def test_a_wrong_option_is_refused_with_its_place(option: str, place: str, text: str) -> None:
    line = the_problem(judge(f"    {option}\n"))
    assert line.startswith(f"p.yaml:{place}: ")
    assert text in line


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("ftp://example.org", "scheme should be 'http' or 'https'"),
        ("example.org/v1", "must be a valid URL"),
        ("https://example.org/#there", "a fragment ('#...') is never sent; remove it"),
    ],
)
def test_an_address_that_cannot_be_asked_is_refused(url: str, text: str) -> None:
    assert text in the_problem(f"guardrails: {{judge: {{url: '{url}', model: m}}}}")


SECRET = "sk-t0p-s3cret"


@pytest.mark.parametrize(
    "entry",
    [
        f"judge: {{url: '{URL}', model: m, api_key_env: {SECRET}}}",
        f"judge: {{url: 'https://user:{SECRET}@example.org', model: m}}",
        f"judge: {{url: '{URL}', model: m, headers: {{Authorization: {SECRET}}}}}",
        f"judge: {{url: '{URL}', model: m, headers: {{X-API-Key: {SECRET}}}}}",
        f"http: {{url: '{URL}', response: {{flagged: a}}, headers_env: {{X-K: {SECRET}}}}}",
    ],
)
def test_a_secret_in_a_policy_is_refused_and_not_repeated(entry: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(f"guardrails: {{{entry}}}", "p.yaml")
    error: BaseException | None = caught.value
    assert "environment variable" in str(error)
    while error is not None:
        assert SECRET not in str(error)
        error = error.__cause__ or error.__context__


def test_names_of_environment_variables_are_what_a_policy_holds() -> None:
    made = settings(judge=JUDGE | {"api_key_env": "JUDGE_KEY", "headers_env": {"api-key": "AZURE"}})
    options = made["judge"].options.model_dump()
    assert (options["api_key_env"], options["headers_env"]) == ("JUDGE_KEY", {"api-key": "AZURE"})


@pytest.mark.parametrize(
    ("mapping", "text"),
    [
        ("response: {}", "says nowhere what was found; add 'flagged', 'score' or 'findings'"),
        ("response: {flagged: a, findings: b}", "remove one"),
        ("response: {findings: a, start: b}", "'start' and 'end' belong together"),
        ("response: {flagged: a, start: b, end: c}", "are of an entry of 'findings'; add it"),
        ("response: {flagged: 'a..b'}", "cannot be read from character 2 on"),
        ("response: {flagged: '.a'}", "cannot be read from character 1 on"),
        ("response: {flagged: 'a['}", "cannot be read from character 2 on"),
        ("response: {flagged: ''}", "is empty; expected a path such as result.hits[0].label"),
        ("response: {flaged: a, score: b}", "did you mean 'flagged'?"),
        ("response: {flagged: a}, request: {body: nothing}", "'{text}' stands nowhere in it"),
        ("response: {flagged: a}, types: {x: Person}", "'http.types.x'"),
        ("response: {flagged: a}, method: GET", "expected one of POST, PUT, got 'GET'"),
        ("request: '{text}'", "'response' is missing; add it"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(mapping: str, text: str) -> None:
    assert text in the_problem(f"guardrails: {{http: {{url: '{URL}', {mapping}}}}}")


def test_the_version_of_a_policy_depends_on_everything_said_of_a_check() -> None:
    entries = [
        {"judge": JUDGE},
        {"judge/a": JUDGE},
        {"judge": JUDGE | {"model": "n"}},
        {"judge": JUDGE | {"deadline_s": 7}},
        {"judge": JUDGE | {"headers": {"X": "y"}}},
        {"judge": JUDGE | {"text": "original"}},
        {"judge": JUDGE | {"api_key_env": "K"}},
    ]
    versions = {Policy(guardrails=entry).version for entry in entries}
    assert len(versions) == len(entries)
    assert Policy(guardrails={"judge": dict(JUDGE)}).version in versions


def test_a_policy_survives_the_way_through_a_snapshot() -> None:
    policy = Policy(guardrails={"judge/tone": JUDGE, "http": HTTP, "checks": {"action": "warn"}})
    again = Policy.model_validate_json(policy.model_dump_json())
    assert again.version == policy.version
    assert [one.guardrail.id for one in again.resolve()] == ["judge/tone", "http"]


def test_a_rule_may_not_be_called_like_a_check_that_runs() -> None:
    rule = {"id": "toxicity", "type": "X", "expression": "x"}
    with pytest.raises(ValidationError, match="rule id 'toxicity' of 'toxicity' is already used"):
        Policy(guardrails={"toxicity": {}, "patterns": {"rules": [rule]}})
    with pytest.raises(ValidationError, match="rule id 'length' of 'length' is already used"):
        Policy(guardrails={"length": {}, "patterns": {"rules": [rule | {"id": "length"}]}})


def test_checks_know_when_they_can_be_asked() -> None:
    for name in CHECKS:
        needed = {"judge": JUDGE, "http": HTTP, "language": {"languages": ["en"]}, "topics": TOPICS}
        entry = needed.get(name, {})
        setting = settings(**{name: entry})[name]
        check = setting.guardrail.check
        assert check is not None
        assert setting.check == resolve_check(
            check,
            setting.options,  # type: ignore[arg-type]
            cacheable_s=setting.guardrail.performance.cacheable_s,
        )


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ("{topics: {a: [x]}}", "the 'directory' of a static model, got neither"),
        (
            f"{{topics: {{a: [x]}}, directory: /m, url: '{URL}', model: m}}",
            "the 'directory' of a static model, got both",
        ),
        (f"{{topics: {{a: [x]}}, url: '{URL}'}}", "which has to be told its model; add 'model'"),
        ("{topics: {a: [x]}, directory: /m, model: m}", "are of a service; remove them"),
        ("{topics: {a: [x]}, directory: m}", "expected an absolute path, such as /models/"),
        ("{topics: {a: [x], A: [y]}, directory: /m}", "topic 2 makes the same type as topic 1"),
        ("{topics: {1: [x]}, directory: /m}", "topic 1 must begin with a letter"),
        ("{topics: {a: []}, directory: /m}", "must have at least 1 item"),
        ("{topics: {}, directory: /m}", "must have at least 1 item"),
        ("{topics: {a: [x]}, directory: /m, find: awy}", "did you mean 'away'?"),
    ],
)
def test_topics_that_cannot_be_told_are_refused(lines: str, text: str) -> None:
    assert text in the_problem(f"guardrails: {{topics/x: {lines}}}")


def test_text_away_from_all_topics_has_a_type_of_its_own() -> None:
    made = settings(
        **{
            "topics/near": TOPICS,
            "topics/away": TOPICS | {"find": "away"},
            "topics/astray": TOPICS | {"find": "away", "type": "ASTRAY"},
        }
    )
    checks = [one.check for one in made.values() if one.check is not None]
    assert [check.type for check in checks] == ["TOPIC", "OFF_TOPIC", "ASTRAY"]
    again = Policy.model_validate_json(Policy(guardrails={"topics": TOPICS}).model_dump_json())
    assert again.version == Policy(guardrails={"topics": TOPICS}).version
