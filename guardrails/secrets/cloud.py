"""Clouds and what runs applications on them, besides Amazon and Google.

Catches: keys and tokens of Azure, Alibaba, Cloudflare, Databricks, DigitalOcean, Fastly, Fly.io,
Heroku, IBM, Linode, Netlify, OpenShift, PlanetScale, Scalingo, SoftLayer, Vercel, Yandex and more.
Of an Azure client secret the first four characters stay, as any word begins like them. Misses: keys
without a shape of their own that stand without the provider's name. Cost: nothing but the keys
themselves, and 40 characters behind a name.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.assignment import alnum, assigned, dashed, digest, uuid_value
from guardrails.secrets.sample import HEX, MIXED, drawn, issued, named, uuid
from guardrails.secrets.token import token

_CALLED = "(?:key|token|secret|pass|pwd)"

CLOUD = Guardrail(
    id="cloud",
    family="secrets",
    summary="Keys of clouds and hosting",
    rules=(
        # Entra ID: three characters, a digit, "Q~", 31 to 34 more.
        token(
            "azure-ad-client-secret",
            "(?<![A-Za-z0-9_~.-]{5})(?<=[A-Za-z0-9_~.-]{3}[0-9])Q~[A-Za-z0-9_~.-]{30,33}[A-Za-z0-9_~-]",
            bits=3.5,
            right=r"[A-Za-z0-9_~-]|\.[A-Za-z0-9_~-]",
        ),
        # 64 bytes in base64 end in two '='; batch and Cosmos accounts have the same.
        token(
            "azure-storage-account-key",
            "(?i:account_?key)[\"'\\s]{0,3}[:=][\"'\\s]{0,3}(?P<secret>[A-Za-z0-9+/]{86}==)",
            bits=4,
            right="",
        ),
        token(
            "azure-shared-access-signature",
            r"[?&]sig=(?P<secret>[A-Za-z0-9%+/]{40,70}(?:%3[Dd]|=))",
            right="",
        ),
        token("alibaba-access-key-id", "LTAI[A-Za-z0-9]{20}", left="[A-Za-z0-9]"),
        assigned("alibaba-secret-key", "alibaba|aliyun", "[A-Za-z0-9]{30}", bits=3.5),
        token("cloudflare-origin-ca-key", "v1\\.0-[0-9a-f]{24}-[0-9a-f]{146}"),
        assigned("cloudflare-api-key", "cloudflare", "[A-Za-z0-9_-]{40}", bits=3.5),
        assigned("cloudflare-global-api-key", "cloudflare", "[0-9a-f]{37}"),
        token("databricks-api-token", "dapi[0-9a-f]{32}(?:-[0-9])?", left="[A-Za-z0-9]"),
        token("digitalocean-access-token", "doo_v1_[0-9a-f]{64}"),
        token("digitalocean-pat", "dop_v1_[0-9a-f]{64}"),
        token("digitalocean-refresh-token", "dor_v1_[0-9a-f]{64}"),
        assigned("fastly-api-token", "fastly", dashed(32), bits=3.5),
        token(
            "flyio-access-token",
            "fo1_[A-Za-z0-9_-]{43}|fm(?:1[ar]|2)_[A-Za-z0-9+/]{100,4000}={0,3}",
            bits=4,
            left="[A-Za-z0-9_-]",
            right="[A-Za-z0-9+/=_-]",
        ),
        assigned("heroku-api-key", "heroku", uuid_value()),
        token("heroku-api-key-v2", "HRKU-AA[A-Za-z0-9_-]{58}", bits=4),
        # IBM Cloud: 44 base64url characters.
        assigned(
            "ibm-cloud-iam-key",
            rf"(?:ibm|cloud|iam|\bapi)[A-Za-z_-]{{0,14}}{_CALLED}",
            "[A-Za-z0-9_-]{44}",
            bits=2.5,
        ),
        assigned("ibm-cos-hmac-key", "(?:ibm|cos|access)[a-z_-]{0,16}key", "[0-9a-f]{48}"),
        assigned("softlayer-api-key", rf"(?:softlayer|\bsl)[a-z_-]{{0,5}}{_CALLED}", digest(64)),
        token(
            "softlayer-api-url",
            r"api\.softlayer\.com/soap/v[0-9.]{1,5}/(?P<secret>[0-9a-f]{64})",
        ),
        assigned("cloudant-api-key", rf"clou(?:dant)?[a-z_-]{{0,5}}(?:pw|{_CALLED})", digest(64)),
        # Keys of Cloudant that are not passwords are 24 small letters.
        assigned(
            "cloudant-api-key-legacy",
            rf"clou(?:dant)?[a-z_-]{{0,5}}(?:pw|{_CALLED})",
            "[a-z]{24}",
            digits=False,
        ),
        assigned("linode-api-token", "linode", digest(64)),
        assigned("netlify-access-token", "netlify", dashed(40, 46), bits=3.5),
        token("netlify-personal-token", "nfp_[A-Za-z0-9]{36,40}", bits=4),
        token("openshift-user-token", "sha256~[A-Za-z0-9_-]{43}", bits=4),
        token("planetscale-api-token", r"pscale_tkn_[A-Za-z0-9_=.-]{32,64}"),
        token("planetscale-oauth-token", r"pscale_oauth_[A-Za-z0-9_=.-]{32,64}"),
        token("planetscale-password", r"pscale_pw_[A-Za-z0-9_=.-]{32,64}"),
        token("scalingo-api-token", "tk-us-[A-Za-z0-9_-]{48}", left="[A-Za-z0-9]"),
        token("render-api-key", "rnd_[A-Za-z0-9]{32}", bits=4, left="[A-Za-z0-9]"),
        token("supabase-access-token", "sb[pv]_[0-9a-f]{40}", left="[A-Za-z0-9]"),
        token("supabase-secret-key", "sb_secret_[A-Za-z0-9_-]{31}", bits=3.5),
        token("tailscale-api-key", "tskey-[a-z]{3,12}-[A-Za-z0-9]{10,18}-[A-Za-z0-9]{20,40}"),
        assigned("vercel-api-token", "vercel", alnum(24), bits=3.5),
        assigned("hetzner-api-token", "hetzner|hcloud", alnum(64), bits=4),
        assigned("scaleway-secret-key", "scaleway|scw", uuid_value()),
        assigned("ovh-secret", "ovh[a-z_-]{0,12}(?:secret|consumer)", alnum(32), bits=3.5),
        assigned("digitalocean-spaces-key", "spaces[_-]?(?:secret|access)", alnum(43), bits=4),
        assigned(
            "yandex-access-token",
            "yandex",
            r"t1\.[A-Za-z0-9_-]{20,300}={0,2}\."
            r"[A-Za-z0-9_-]{86}={0,2}",
            bits=4,
        ),
        assigned("yandex-api-key", "yandex", "AQVN[A-Za-z0-9_-]{35,38}", bits=3.5),
        assigned("yandex-aws-access-token", "yandex", "YC[A-Za-z0-9_-]{38}", bits=3.5),
    ),
    catches=(
        "client_secret=" + "kT48" + f"«Q~{drawn(MIXED, 34)}»\n",
        f"Name=x;«AccountKey={drawn(MIXED, 86)}==»;Suffix=y",
        f"https://x.example.net/c«?sig={drawn(MIXED, 43)}%3D»&se=1",
        f"密钥«LTAI{drawn(MIXED, 20)}»。",
        named("ALIYUN_SECRET", MIXED, 30),
        issued("v1.0-", HEX, 24, "-" + drawn(HEX, 146)),
        named("cloudflare_token", MIXED, 40),
        named("CLOUDFLARE_API_KEY", HEX, 37),
        issued("dapi", HEX, 32, "-2"),
        issued("doo_v1_", HEX, 64),
        issued("dop_v1_", HEX, 64),
        issued("dor_v1_", HEX, 64),
        named("fastly_key", MIXED, 32),
        issued("fo1_", MIXED, 43),
        issued("fm2_", MIXED, 120, "=="),
        f"«HEROKU_API_KEY={uuid()}»\n",
        issued("HRKU-AA", MIXED, 58),
        named("ibm_cloud_api_key", MIXED, 44),
        named("cos_secret_access_key", HEX, 48),
        named("softlayer_api_key", HEX, 64),
        f"http://«api.softlayer.com/soap/v3/{drawn(HEX, 64)}»",
        named("cloudant_password", HEX, 64),
        named("cloudant_key", "abcdefghijklmnopqrstuvwxyz", 24),
        named("LINODE_TOKEN", HEX, 64),
        named("netlify_token", MIXED, 43),
        issued("nfp_", MIXED, 36),
        issued("sha256~", MIXED, 43),
        issued("pscale_tkn_", MIXED, 43),
        issued("pscale_oauth_", MIXED, 43),
        issued("pscale_pw_", MIXED, 43),
        issued("tk-us-", MIXED, 48),
        issued("rnd_", MIXED, 32),
        issued("sbp_", HEX, 40),
        issued("sb_secret_", MIXED, 31),
        issued("tskey-auth-", MIXED, 12, "-" + drawn(MIXED, 32)),
        named("VERCEL_TOKEN", MIXED, 24),
        named("HCLOUD_TOKEN", MIXED, 64),
        f"«SCW_SECRET_KEY={uuid()}»\n",
        named("ovh_consumer_key", MIXED, 32),
        named("SPACES_SECRET", MIXED, 43),
        named("yandex_token", MIXED, 60, "t1.", "." + drawn(MIXED, 86)),
        named("yandex_key", MIXED, 36, "AQVN"),
        named("yandex_secret", MIXED, 38, "YC"),
    ),
    ignores=(
        "client_secret=bP88Q~" + "x" * 34,
        "heroku is a platform: 12 dynos, and more",
        "Cloudflare: a content delivery network",
        "sha256~your-token-goes-here",
        "softlayer-key: insert_key_here",
        "cloud computing and its keys, an introduction",
        "AccountKey=<your account key>",
    ),
)
