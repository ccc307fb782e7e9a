"""Slack.

Catches: bot, user, app-level, configuration, refresh and legacy tokens, incoming webhook addresses.
Misses: client secrets, which are bare hexadecimal digits. Cost: nothing but the token itself.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.token import token

SLACK = Guardrail(
    id="slack",
    family="secrets",
    summary="Slack tokens and webhooks",
    # Slack, "Token types", and gitleaks for the lengths.
    rules=(
        token("slack-bot-token", "xoxb-[0-9]{10,13}-[0-9]{10,13}[A-Za-z0-9-]{0,64}"),
        token("slack-user-token", "xox[pe](?:-[0-9]{10,13}){3}-[A-Za-z0-9-]{28,34}", bits=2),
        token(
            "slack-app-token",
            "(?i:xapp-[0-9]-[A-Z0-9]{1,16}-[0-9]{1,16}-[a-z0-9]{1,100})",
            bits=2,
        ),
        token("slack-config-access-token", r"(?i:xoxe\.xox[bp]-[0-9]-[A-Z0-9]{163,166})", bits=2),
        token("slack-config-refresh-token", "(?i:xoxe-[0-9]-[A-Z0-9]{146})", bits=2),
        token("slack-legacy-bot-token", "xoxb-[0-9]{8,14}-[A-Za-z0-9]{18,26}", bits=2),
        token("slack-legacy-workspace-token", "xox[ar]-(?:[0-9]-)?[0-9A-Za-z-]{8,80}", bits=2.5),
        token(
            "slack-legacy-token",
            "xox[os]-[0-9]{1,16}-[0-9]{1,16}-[0-9]{1,16}-[a-fA-F0-9]{1,64}",
            bits=2,
        ),
        token(
            "slack-webhook-url",
            r"(?:https?://)?hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{43,72}",
            right="[A-Za-z0-9+/]",
        ),
    ),
    catches=(
        "«xoxb-" + "2718281828459-3141592653589-kJ8mQ2xW5vT9rB3nZ7cLaB4d», it said",
        "令牌«xoxp-" + "2718281828-3141592653-1618033988-4f1e9d7c2b8a60355e9c1d7f3b2a8064»。",
        "post to «https://hooks.slack.com/services/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».",
        "«xapp-1-" + "A2D4F6H8K1M-2718281828459-4f1e9d7c2b8a60355e9c1d7f3b2a8064»\n",
        "«xoxa-2-" + "2718281828-3141592653-4f1e9d7c2b8a6035»",
    ),
    ignores=(
        "xoxb-your-bot-token",
        "xoxp-XXXXXXXXXX-XXXXXXXXXX-XXXXXXXXXX-XXXXXXXXXXXXXXXXXXXXXXXXXXXX",
        "hooks.slack.com/services/T000/B000/XXXX",
        "xoxo, your friends at xoxo-2018",
    ),
)
