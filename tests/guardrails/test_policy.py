"""What a policy comes to: modes, actions, versions."""

import json
import subprocess
import sys

import pytest
from pydantic import ValidationError

from guardrails import Plan, Session, parse_policy
from guardrails.catalogue import CATALOGUE
from guardrails.guardrail import Action, Mode, PerformanceClass
from guardrails.policy import Policy, SettingError

PATTERNS = {"rules": [{"id": "incident", "type": "INCIDENT", "expression": r"\bINC-\d{6}\b"}]}


def policy(**entries: object) -> Policy:
    return Policy(guardrails=entries)


def modes(made: Policy) -> dict[str, Mode]:
    return {setting.guardrail.id: setting.mode for setting in made.resolve()}


def errors(**entries: object) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        policy(**entries)
    (problem,) = caught.value.errors()
    cause = problem["ctx"]["error"]
    assert isinstance(cause, SettingError)
    return [f"{item.place}: {item.text}" for item in cause.problems]


def test_only_what_is_named_runs() -> None:
    assert list(modes(policy(email={}))) == ["email"]
    assert policy().resolve() == ()


def test_a_family_runs_all_its_guardrails_in_the_order_of_the_catalogue() -> None:
    expected = [guardrail.id for guardrail in CATALOGUE if guardrail.family == "pii"]
    assert list(modes(policy(pii={}))) == expected


def test_a_guardrails_own_entry_goes_before_its_familys() -> None:
    made = policy(pii={"action": "warn"}, email={"action": "block"})
    actions = {setting.guardrail.id: setting.action for setting in made.resolve()}
    assert actions.pop("email") is Action.BLOCK
    assert set(actions.values()) == {Action.WARN}


@pytest.mark.parametrize("mode", ["monitor", "disabled"])
def test_an_instant_guardrail_cannot_be_weakened(mode: str) -> None:
    (line,) = errors(email={"mode": mode})
    assert line.startswith(f"email.mode: mode is '{mode}', but 'email' is of class instant")
    assert "audit_only" in line


def test_a_fast_guardrail_can_be_watched_or_disabled() -> None:
    assert modes(policy(length={"mode": "monitor"})) == {"length": Mode.MONITOR}
    assert modes(policy(length={"mode": "disabled"})) == {}


def test_audit_only_watches_everything_and_allows_weaker_modes() -> None:
    made = Policy(
        enforcement="audit_only",
        guardrails={"pii": {}, "length": {"mode": "disabled"}, "email": {"mode": "monitor"}},
    )
    assert set(modes(made).values()) == {Mode.MONITOR}
    assert "length" not in modes(made)


def test_a_familys_mistake_is_told_once() -> None:
    assert len(errors(pii={"acton": "redact", "action": "redakt"})) == 2


def test_all_setting_errors_are_collected() -> None:
    found = errors(emial={}, email={"mode": "monitor", "action": "x"}, length={"max_chars": "many"})
    assert [line.partition(": ")[0] for line in found] == [
        *("emial", "email.action", "email.mode", "length.max_chars")
    ]


def test_default_modes_follow_the_class() -> None:
    instant = {
        guardrail.id
        for guardrail in CATALOGUE
        if guardrail.performance.performance_class is PerformanceClass.INSTANT
    }
    made = modes(policy(pii={}, secrets={}, content={}))
    assert {name for name, mode in made.items() if mode is Mode.BLOCK} >= instant


def test_the_version_depends_on_everything_that_decides_about_text() -> None:
    versions = {
        made.version
        for made in (
            policy(email={}),
            policy(phone={}),
            policy(email={"action": "block"}),
            policy(keywords={"phrases": ["a b"]}),
            policy(keywords={"phrases": ["a c"]}),
            policy(length={"max_chars": 5}),
            policy(length={"max_chars": 6}),
            policy(patterns=PATTERNS),
            Policy(guardrails={"email": {}}, label="x"),
            Policy(guardrails={"email": {}}, on_gap="warn"),
            Policy(guardrails={"email": {}}, enforcement="audit_only"),
        )
    }
    assert len(versions) == 11


def test_the_version_does_not_depend_on_how_a_policy_is_written() -> None:
    written = parse_policy("guardrails: {pii: {action: redact}}", "p.yaml")
    defaults = parse_policy("guardrails:\n  pii:\n", "p.yaml")
    assert written.version == defaults.version


def test_the_version_is_the_same_in_every_process() -> None:
    script = "from guardrails import default_policy; print(default_policy().version)"
    versions = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(versions) == 1


def test_a_policy_survives_json() -> None:
    made = policy(pii={}, patterns=PATTERNS, keywords={"phrases": ["a"], "action": "warn"})
    again = Policy.model_validate_json(made.model_dump_json())
    assert (again.version, again.model_dump()) == (made.version, made.model_dump())
    assert json.loads(made.model_dump_json())["guardrails"]["patterns"] == PATTERNS


def test_a_changed_copy_is_resolved_and_versioned_anew() -> None:
    made = policy(email={})
    before = made.version
    copy = made.model_copy(update={"guardrails": {"phone": {}}})
    assert list(modes(copy)) == ["phone"]
    assert copy.version != before
    with pytest.raises(ValidationError):
        made.model_copy(update={"guardrails": {"fone": {}}})


def test_resolving_is_done_once() -> None:
    made = policy(pii={})
    assert made.resolve() is made.resolve()


def test_a_policy_cannot_be_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        policy().name = "other"


def test_a_teams_own_pattern_redacts_across_chunks_and_in_full_width_letters() -> None:
    session = Session("s", Plan(policy(patterns=PATTERNS)))
    pieces = ["see IN", "C-123", "456, and ＩＮＣ-６５４３２１."]
    released = [segment.text for piece in pieces for segment in session.push(piece).segments]
    released += [segment.text for segment in session.finish().segments]
    assert "".join(released) == "see [INCIDENT], and [INCIDENT]."


def test_a_pattern_with_context_needs_its_words_nearby() -> None:
    rule: dict[str, object] = {"id": "badge", "type": "BADGE", "expression": r"\b\d{5}\b"}
    rule |= {"context": ["Bádge"], "context_chars": 12}
    plan = Plan(policy(patterns={"rules": [rule]}))

    def redacted(text: str) -> bool:
        session = Session("s", plan)
        session.push(text)
        session.finish()
        return bool(session.findings)

    assert redacted("my badge is 12345")
    assert redacted("12345 (BADGE)")
    assert not redacted("my badge, as I said before, is 12345")
    assert not redacted("zip 12345")


def test_a_pattern_in_mode_monitor_changes_no_text() -> None:
    session = Session("s", Plan(policy(patterns={**PATTERNS, "mode": "monitor"})))
    verdict = session.push("see INC-123456 now", final=True)
    assert "".join(segment.text for segment in verdict.segments) == "see INC-123456 now"
    assert [finding.rule for finding in session.findings] == ["incident"]


@pytest.mark.parametrize(
    ("entries", "rules"),
    [
        ({"us-ssn": {}}, {"us-ssn", "us-ssn-undashed"}),
        ({"us-ssn": {"min_confidence": 0.8}}, {"us-ssn"}),
        ({"pii": {"min_confidence": 0.8}, "us-ssn": {"min_confidence": 0}}, None),
        ({"us-ssn": {"min_confidence": 1}}, set()),
    ],
)
def test_rules_that_are_not_sure_enough_do_not_run(
    entries: dict[str, object], rules: set[str] | None
) -> None:
    settings = Policy(guardrails=entries).resolve()
    found = {rule.id for one in settings if one.guardrail.id == "us-ssn" for rule in one.rules}
    assert found == ({"us-ssn", "us-ssn-undashed"} if rules is None else rules)


@pytest.mark.parametrize("value", [2, -0.1, "high", True, None, float("nan")])
def test_a_confidence_is_a_number_from_0_to_1(value: object) -> None:
    entry = {"pii": {"min_confidence": value}}
    if value is None:
        assert Policy(guardrails=entry).resolve()
        return
    with pytest.raises(ValidationError, match="expected a number from 0 to 1"):
        Policy(guardrails=entry)


def test_what_has_no_rules_has_no_confidence_to_be_sure_of() -> None:
    with pytest.raises(ValidationError, match="min_confidence"):
        Policy(guardrails={"length": {"min_confidence": 0.1}})
    assert Policy(guardrails={"content": {"min_confidence": 0.1}}).resolve()
