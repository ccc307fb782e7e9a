"""GitHub.

Catches: personal access tokens, classic and fine-grained, and the tokens of OAuth apps and GitHub
apps. Misses: the 40 hexadecimal digits of before 2021. Cost: nothing but the token itself.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.token import token

# GitHub, "Behind GitHub's new authentication token formats": 36 characters today, up to 255.
_BODY = "_[0-9A-Za-z]{36,251}"
_SAMPLE = "16C7e42F292c6912E7710c838347Ae178B4a"
_FINE_GRAINED_SAMPLE = (
    "11AAZZ5QY0aB3dE6gH9jKl_mN1oP4qR7sT0uV3wX6yZ9aB2cD5eF8gH1iJ4kL7mN0oP3qR6sT9uV2wX5yZ"
)

GITHUB = Guardrail(
    id="github",
    family="secrets",
    summary="GitHub tokens",
    rules=(
        token("github-pat", "ghp" + _BODY),
        token("github-fine-grained-pat", "github_pat_[0-9A-Za-z_]{82,244}"),
        token("github-oauth", "gho" + _BODY),
        token("github-app-token", "gh[us]" + _BODY),
        token("github-refresh-token", "ghr" + _BODY),
    ),
    catches=(
        f"token «ghp_{_SAMPLE}».",
        f"令牌«gho_{_SAMPLE}»。",
        f"x=«ghs_{_SAMPLE}»;y=«ghr_{_SAMPLE}»",
        f"«github_pat_{_FINE_GRAINED_SAMPLE}»",
    ),
    ignores=(
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "ghp_16C7e42F292c6912",
        "export GITHUB_TOKEN=ghp_your_token_here",
        "github_pat_your_fine_grained_token_goes_here",
    ),
)
