"""Code hosting, packages, builds and releases, besides GitHub and GitLab.

Catches: tokens of Artifactory, Bitbucket, Buildkite, CircleCI, Clojars, Codecov, crates.io, Docker
Hub, Drone, Harness, Infracost, npm, NuGet, Octopus, PyPI, Postman, Prefect, Pulumi, ReadMe,
RubyGems, Snyk, Sonar, Sourcegraph, Terraform, Travis and more. Of a Terraform token the first 14
characters stay: they are its public id. Misses: tokens without a shape of their own that stand
without the provider's name. Cost: nothing but the tokens themselves, and 40 characters behind a
name.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.assignment import alnum, assigned, dashed, digest, uuid_value
from guardrails.secrets.sample import HEX, LOWER, MIXED, UPPER, drawn, issued, named, uuid
from guardrails.secrets.token import token

_WORD = "[A-Za-z0-9]"

CODE_HOSTING = Guardrail(
    id="code-hosting",
    family="secrets",
    summary="Tokens of code hosting, packages and builds",
    rules=(
        token("artifactory-api-key", "AKCp[A-Za-z0-9]{69}", bits=4.5, left=_WORD),
        token("artifactory-reference-token", "cmVmd[A-Za-z0-9]{59}", bits=4.5, left=_WORD),
        # JFrog: an encrypted password begins with AP and a digit of its version.
        token("artifactory-password", "AP[0-9A-F][A-Za-z0-9]{10,70}", bits=3.3, left=_WORD),
        assigned("jfrog-api-key", "jfrog|artifactory|bintray|xray", alnum(73), bits=4),
        assigned("jfrog-identity-token", "jfrog|artifactory|bintray|xray", alnum(64), bits=3.5),
        assigned("bitbucket-client-id", "bitbucket", alnum(32), bits=3.5),
        assigned("bitbucket-client-secret", "bitbucket", dashed(64), bits=3.5),
        token("bitbucket-app-password", "ATBB[A-Za-z0-9]{24}[A-F0-9]{8}", bits=3.5, left=_WORD),
        token("buildkite-agent-token", "bkua_[0-9a-f]{40}", left=_WORD),
        token("circleci-api-token", "CCI(?:PAT|PRJ)_[A-Za-z0-9]{20,24}_[0-9a-f]{40}"),
        token("clojars-api-token", "(?i:CLOJARS_)[A-Za-z0-9]{60}"),
        assigned("codecov-access-token", "codecov", alnum(32)),
        token("cratesio-api-token", "cio[A-Za-z0-9]{32}", bits=4, left=_WORD),
        token("dockerhub-pat", "dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,32}", bits=3.5),
        assigned("droneci-access-token", "drone[_-]?ci", alnum(32), bits=3.5),
        token(
            "harness-api-key",
            r"[ps]at\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}",
            left=_WORD,
        ),
        token(
            "hashicorp-tf-api-token",
            r"(?<=[A-Za-z0-9]{14})\.atlasv1\.[A-Za-z0-9_=-]{60,70}",
            bits=3.5,
        ),
        token("infracost-api-token", "ico-[A-Za-z0-9]{32}", bits=4, left="[A-Za-z0-9.]"),
        token("npm-access-token", "npm_[A-Za-z0-9]{36}", left=_WORD),
        # npm's documentation of .npmrc: a registry's path, then the token, a UUID of old.
        token(
            "npmrc-auth-token",
            rf"//[A-Za-z0-9.-]{{1,60}}/(?:[A-Za-z0-9._/-]{{1,60}}/)?:_authToken ?= ?"
            rf"(?P<secret>{uuid_value()}|[A-Za-z0-9+/_-]{{20,90}}={{0,2}})",
        ),
        token("nuget-api-key", "oy2[a-z0-9]{43}", bits=3.5, left=_WORD),
        token("octopus-deploy-api-key", "API-[A-Z0-9]{26}", left="[A-Za-z0-9_/-]"),
        token("postman-api-token", "PMAK-[A-Fa-f0-9]{24}-[A-Fa-f0-9]{34}"),
        token("prefect-api-token", "pnu_[A-Za-z0-9]{36}", left=_WORD),
        token("pulumi-api-token", "pul-[0-9a-f]{40}", left=_WORD),
        # A macaroon in base64: version 2, its location the index or the one for tests.
        token(
            "pypi-upload-token",
            "pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{70,1000}",
        ),
        token("readme-api-token", "rdme_[a-z0-9]{70}"),
        token("rubygems-api-token", "rubygems_[0-9a-f]{48}"),
        assigned("snyk-api-token", "snyk", uuid_value()),
        assigned("sonar-api-token", "sonar", "(?:sq[aup]_)?[A-Za-z0-9]{40}"),
        token("sonar-user-token", "sq[aup]_[0-9a-f]{40}", left=_WORD),
        token(
            "sourcegraph-access-token",
            "sgp_(?:(?:[A-Fa-f0-9]{16}|local)_)?[A-Fa-f0-9]{40}",
            bits=3.4,
            left=_WORD,
        ),
        assigned("sourcegraph-legacy-token", "sourcegraph", digest(40)),
        assigned("travisci-access-token", "travis", alnum(22), bits=3.3),
        token("defined-networking-api-token", "dnkey-[A-Za-z0-9=_-]{26}-[A-Za-z0-9=_-]{52}"),
        token(
            "sidekiq-secret",
            r"(?i:BUNDLE_(?:ENTERPRISE|GEMS)__CONTRIBSYS__COM)[\s\"']{0,3}[=:][\s\"']{0,3}"
            "(?P<secret>[A-Fa-f0-9]{8}:[A-Fa-f0-9]{8})",
            bits=0,
        ),
        token(
            "sidekiq-sensitive-url",
            "https?://(?P<secret>[A-Fa-f0-9]{8}:[A-Fa-f0-9]{8})@"
            r"(?=(?i:gems|enterprise)\.contribsys\.com(?![A-Za-z0-9.-]))",
            bits=0,
            right="",
        ),
        token(
            "nuget-config-password",
            r"(?i:<add\s{1,3}key=[\"'](?:cleartext)?password[\"']\s{1,3}value=[\"'])"
            r"(?P<secret>[^\"'%<>\s][^\"'<>\s]{7,99})(?=[\"'])",
            bits=2,
            right="",
        ),
    ),
    catches=(
        issued("AKCp", MIXED, 69),
        issued("cmVmd", MIXED, 59),
        issued("AP6", MIXED, 30),
        named("jfrog_key", MIXED, 73),
        named("artifactory_token", MIXED, 64),
        named("bitbucket_id", MIXED, 32),
        named("bitbucket_secret", MIXED, 64),
        issued("ATBB", MIXED, 24, drawn("0123456789ABCDEF", 8)),
        issued("bkua_", HEX, 40),
        issued("CCIPAT_", MIXED, 22, "_" + drawn(HEX, 40)),
        issued("CLOJARS_", HEX, 60),
        named("CODECOV_TOKEN", LOWER, 32),
        issued("cio", MIXED, 32),
        issued("dckr_pat_", MIXED, 27),
        named("DRONECI_TOKEN", LOWER, 32),
        issued("pat.", MIXED, 22, f".{drawn(MIXED, 24)}.{drawn(MIXED, 20)}"),
        f"hE1hlYILrSqpqh«.atlasv1.{drawn(MIXED, 64)}» here",
        issued("ico-", MIXED, 32),
        f"令牌«npm_{drawn(MIXED, 36)}»。",
        f"«//registry.example.org/:_authToken={uuid()}»\n",
        issued("oy2", LOWER, 43),
        issued("API-", UPPER, 26),
        issued("PMAK-", HEX, 24, "-" + drawn(HEX, 34)),
        issued("pnu_", MIXED, 36),
        issued("pul-", HEX, 40),
        issued("pypi-AgEIcHlwaS5vcmc", MIXED, 120),
        issued("rdme_", LOWER, 70),
        issued("rubygems_", HEX, 48),
        f"«SNYK_TOKEN={uuid()}»\n",
        named("sonar.login", HEX, 40),
        issued("squ_", HEX, 40),
        issued("sgp_local_", HEX, 40),
        named("sourcegraph_token", HEX, 40),
        named("TRAVIS_TOKEN", MIXED, 22),
        issued("dnkey-", MIXED, 26, "-" + drawn(MIXED, 52)),
        "«BUNDLE_GEMS__CONTRIBSYS__COM=" + "7f3a9c1e:b2d84f06»\n",
        "bundle «https://7f3a9c1e:" + "b2d84f06@»gems.contribsys.com/",
        '«<add key="ClearTextPassword" value="' + 'v8!kQ2x_Lm»" />',
    ),
    ignores=(
        "npm_" + "x" * 36,
        "//registry.example.org/:_authToken=${NPM_TOKEN}",
        "snyk: a scanner, see https://snyk.io",
        "AKCp" + "X" * 69,
        '<add key="Password" value="%PASSWORD%" />',
        "APIs and API-first design",
        "the sonar = an acoustic instrument of submarines",
    ),
)
