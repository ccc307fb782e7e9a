"""Logs, metrics, errors, feature flags.

Catches: keys and tokens of Datadog, Dynatrace, Grafana, Honeycomb, LaunchDarkly, New Relic,
PagerDuty, Rollbar, Sentry, Splunk and Sumo Logic. Misses: keys without a shape of their own that
stand without the provider's name. Cost: nothing but the tokens themselves, and 40 characters behind
a name.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.assignment import alnum, assigned, dashed, digest, uuid_value
from guardrails.secrets.sample import HEX, LOWER, MIXED, UPPER, drawn, issued, named, uuid
from guardrails.secrets.token import token

_WORD = "[A-Za-z0-9]"

OBSERVABILITY = Guardrail(
    id="observability",
    family="secrets",
    summary="Keys of logs, metrics and errors",
    rules=(
        assigned("datadog-access-token", r"datadog|\bdd[_-]a", "[A-Za-z0-9]{40}|[0-9a-f]{32}"),
        token("dynatrace-api-token", r"(?i:dt0[cs])[0-9]{2}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}"),
        # JSON that begins with {"k":" in base64.
        token(
            "grafana-api-key",
            "eyJrIjoi[A-Za-z0-9]{70,400}={0,3}",
            left=_WORD,
            right="[A-Za-z0-9+/=_.-]",
        ),
        token(
            "grafana-cloud-api-token",
            "glc_[A-Za-z0-9+/]{32,400}={0,3}",
            bits=3.5,
            left=_WORD,
            right="[A-Za-z0-9+/=_-]",
        ),
        token("grafana-service-account-token", "glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}", left=_WORD),
        token("honeycomb-api-key", "hc[abx]ik_[a-z0-9]{58}", left=_WORD),
        assigned("launchdarkly-access-token", "launchdarkly", "(?:api-|sdk-)?" + dashed(36, 40)),
        token("new-relic-browser-api-token", "NRJS-[0-9a-f]{19}", bits=2.5),
        token("new-relic-insert-key", "NRII-[A-Za-z0-9-]{32}", bits=3.3),
        assigned("new-relic-user-api-id", "new[_-]?relic", alnum(64), bits=3.5),
        token("new-relic-user-api-key", "NRAK-[A-Za-z0-9]{27}", bits=3.3),
        assigned("pagerduty-api-key", "pager[_-]?duty", "[A-Za-z0-9+_-]{20}", bits=3.3),
        assigned("rollbar-access-token", "rollbar", digest(32)),
        assigned("sentry-access-token", "sentry", digest(64)),
        # JSON that begins with {"iat": in base64, then a digest.
        token(
            "sentry-org-token",
            "sntrys_eyJpYXQiO[A-Za-z0-9+/]{20,600}={0,2}_[A-Za-z0-9+/]{43}",
            bits=4.3,
            right="[A-Za-z0-9+/]",
        ),
        token("sentry-user-token", "sntryu_[0-9a-f]{64}"),
        assigned("splunk-hec-token", "splunk|hec[_-]token", uuid_value()),
        assigned("sumologic-access-id", "(?-i:[Ss]umo|SUMO)", "su[A-Za-z0-9]{12}", digits=False),
        assigned("sumologic-access-token", "(?-i:[Ss]umo|SUMO)", alnum(64), bits=4),
    ),
    catches=(
        named("DATADOG_APP_KEY", HEX, 40),
        issued("dt0c01.", UPPER, 24, "." + drawn(UPPER, 64)),
        issued("eyJrIjoi", MIXED, 90),
        issued("glc_", MIXED, 120),
        issued("glsa_", MIXED, 32, "_" + drawn(HEX, 8)),
        issued("hcaik_", LOWER, 58),
        f"«LAUNCHDARKLY_SDK_KEY=sdk-{uuid()}»\n",
        issued("NRJS-", HEX, 19),
        issued("NRII-", MIXED, 32),
        named("new_relic_id", LOWER, 64),
        f"密钥«NRAK-{drawn(UPPER, 27)}»。",
        named("PAGERDUTY_KEY", MIXED, 20),
        named("ROLLBAR_TOKEN", HEX, 32),
        named("SENTRY_AUTH_TOKEN", HEX, 64),
        issued("sntrys_eyJpYXQiO", MIXED, 120, "_" + drawn(MIXED, 43)),
        issued("sntryu_", HEX, 64),
        f"«SPLUNK_HEC_TOKEN={uuid()}»\n",
        named("SUMO_ACCESS_ID", MIXED, 12, "su"),
        named("SUMOLOGIC_ACCESS_KEY", MIXED, 64),
    ),
    ignores=(
        "sentry.io: errors, releases and performance",
        "glsa_" + "X" * 32 + "_" + "A" * 8,
        "void GLC_CreateLightmapTexturesIndividual(void);",
        "Datadog is a monitoring service, like New Relic.",
        "sumOfValues = values.sum()",
    ),
)
