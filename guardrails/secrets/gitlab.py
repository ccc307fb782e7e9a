"""GitLab.

Catches: personal, project, group, deploy, feed, runner, trigger, agent, SCIM and job tokens, OAuth
application secrets and session cookies. Misses: instances with a prefix of their own. Cost: nothing
but the token itself.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.sample import LOWER, MIXED, drawn, issued
from guardrails.secrets.token import token

_ANY = "[0-9A-Za-z_-]"
_CHECKSUM = r"\.(?:[0-9a-z]{2}\.)?[0-9a-z]{9}"
# GitLab, "Token overview": prefixes; lengths as in gitleaks. Routable tokens end in a version, if
# they have one, a length and a checksum. The upper bounds leave room for longer tokens to come.
_TOKENS = (
    ("gitlab-pat", rf"glpat-{_ANY}{{20,64}}(?!{_ANY}{{0,240}}{_CHECKSUM})"),
    ("gitlab-pat-routable", rf"glpat-{_ANY}{{27,300}}{_CHECKSUM}"),
    ("gitlab-cicd-job-token", rf"glcbt-(?:[0-9A-Za-z]{{1,5}}_)?{_ANY}{{20,64}}"),
    ("gitlab-deploy-token", rf"gldt-{_ANY}{{20,64}}"),
    ("gitlab-feature-flag-client-token", rf"glffct-{_ANY}{{20,64}}"),
    ("gitlab-feed-token", rf"glft-{_ANY}{{20,64}}"),
    ("gitlab-incoming-mail-token", rf"glimt-{_ANY}{{25,64}}"),
    ("gitlab-kubernetes-agent-token", rf"glagent-{_ANY}{{50,100}}"),
    ("gitlab-oauth-app-secret", rf"gloas-{_ANY}{{64,100}}"),
    ("gitlab-ptt", f"glptt-{_ANY}{{40}}"),
    ("gitlab-rrt", rf"GR1348941{_ANY}{{20,64}}"),
    ("gitlab-runner-authentication-token", rf"glrt-{_ANY}{{20,64}}"),
    (
        "gitlab-runner-authentication-token-routable",
        rf"glrt-t[0-9]_{_ANY}{{27,300}}{_CHECKSUM}",
    ),
    ("gitlab-scim-token", rf"glsoat-{_ANY}{{20,64}}"),
    ("gitlab-session-cookie", "_gitlab_session=(?P<secret>[0-9a-z]{32})"),
)

GITLAB = Guardrail(
    id="gitlab",
    family="secrets",
    summary="GitLab tokens",
    rules=tuple(token(name, expression) for name, expression in _TOKENS),
    catches=(
        "token «glpat-" + "kJ8mQ2xW5vT9rB3nZ7cL»,",
        "令牌«glptt-" + "4f1e9d7c2b8a60355e9c1d7f3b2a8064e7d5c9f1»。",
        "«GR1348941" + "kJ8mQ2xW5vT9rB3nZ7cL» registers a runner",
        "Cookie: «_gitlab_session=" + "4f1e9d7c2b8a60355e9c1d7f3b2a8064»;",
        *(issued(start, MIXED, 32) for start in ("glrt-", "glffct-", "glft-", "glimt-", "glsoat-")),
        *(issued(start, MIXED, 64) for start in ("glagent-", "gloas-")),
        issued("glpat-", MIXED, 30, ".01." + drawn(LOWER, 9)),
        issued("glrt-t1_", MIXED, 30, ".01." + drawn(LOWER, 9)),
        "«glcbt-64_" + "kJ8mQ2xW5vT9rB3nZ7cL»/«gldt-" + "kJ8mQ2xW5vT9rB3nZ7cL»",
    ),
    ignores=(
        "glpat-XXXXXXXXXXXXXXXXXXXX",
        "glpat-short",
        "GR134894112312312312312312312",
        "gitlab_session and glpat- are its names",
    ),
)
