"""Data, search, maps, documents, design and work.

Catches: keys and tokens of Adafruit, Adobe, Airtable, Algolia, Asana, Atlassian, ClickHouse,
Confluent, Contentful, Dropbox, Figma, Frame.io, HubSpot, Intra 42, Linear, Looker, Mapbox, MaxMind,
Meraki, Notion, RapidAPI, SettleMint, Typeform and more. Of a MaxMind key the first six characters
stay. Misses: keys without a shape of their own that stand without the provider's name. Cost:
nothing but the tokens themselves, and 40 characters behind a name.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.assignment import alnum, assigned, dashed, uuid_value
from guardrails.secrets.sample import HEX, LOWER, MIXED, drawn, issued, named, uuid
from guardrails.secrets.token import token

_WORD = "[A-Za-z0-9]"
_DIGITS = "0123456789"

WORKPLACE = Guardrail(
    id="workplace",
    family="secrets",
    summary="Tokens of data, search, documents and work",
    rules=(
        assigned("adafruit-api-key", "adafruit", "(?:aio_)?[A-Za-z0-9_-]{28,32}", bits=3.5),
        assigned("adobe-client-id", "adobe", "[A-Fa-f0-9]{32}"),
        token("adobe-client-secret", "p8e-[A-Za-z0-9_-]{32}", bits=3.3, left=_WORD),
        assigned("airtable-api-key", "airtable", "[A-Za-z0-9]{17}", bits=3),
        token(
            "airtable-personnal-access-token",
            r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}",
            bits=3.5,
            left=_WORD,
        ),
        assigned("algolia-api-key", "algolia", alnum(32)),
        assigned("asana-client-id", "asana", "[0-9]{16}", bits=2),
        assigned("asana-client-secret", "asana", alnum(32)),
        token("asana-personal-access-token", "[12]/[0-9]{16}(?:/[0-9]{16})?:[0-9a-f]{32}"),
        assigned("atlassian-api-token", "atlassian|confluence|jira", alnum(24), bits=3.5),
        token(
            "atlassian-scoped-token",
            "ATATT3[A-Za-z0-9_=-]{180,190}",
            bits=4,
            left=_WORD,
            right="[A-Za-z0-9_=-]",
        ),
        token("clickhouse-cloud-api-secret-key", "4b1d[A-Za-z0-9]{38}", bits=3.5, left=_WORD),
        assigned("confluent-access-token", "confluent", "[A-Za-z0-9]{16}", bits=2.8),
        assigned("confluent-secret-key", "confluent", "[A-Za-z0-9+/]{64}", bits=3.5),
        assigned("contentful-delivery-api-token", "contentful", dashed(43), bits=3.5),
        assigned("dropbox-api-token", "dropbox", "[A-Za-z0-9]{15}", bits=2.8),
        assigned(
            "dropbox-long-lived-api-token",
            "dropbox",
            "[A-Za-z0-9]{11}A{10}[A-Za-z0-9_=-]{43}",
            bits=3.5,
        ),
        assigned("dropbox-short-lived-api-token", "dropbox", r"sl\.[A-Za-z0-9_=-]{135}", bits=4),
        token("figma-pat", "fig[dou]_[A-Za-z0-9_-]{38,44}", bits=3.5, left=_WORD),
        token("frameio-api-token", "fio-u-[A-Za-z0-9_=-]{64}", bits=3.5),
        assigned("hubspot-api-key", "hubspot", uuid_value()),
        token("hubspot-private-app-token", f"pat-(?:na|eu)[0-9]-{uuid_value()}", left=_WORD),
        token("intra42-client-secret", "s-s4t2(?:ud|af)-[0-9a-f]{64}", left=_WORD),
        token("linear-api-key", "lin_api_[A-Za-z0-9]{40}"),
        assigned("linear-client-secret", "linear", "[A-Fa-f0-9]{32}"),
        assigned("looker-client-id", "looker", "[A-Za-z0-9]{20}"),
        assigned("looker-client-secret", "looker", "[A-Za-z0-9]{24}"),
        token("mapbox-api-token", r"[ps]k\.[A-Za-z0-9]{60,100}\.[A-Za-z0-9_-]{22}", left=_WORD),
        token("maxmind-license-key", "(?<=[A-Za-z0-9]{6})_[A-Za-z0-9]{29}_mmk", bits=4),
        assigned("cisco-meraki-api-key", "(?-i:[Mm]eraki|MERAKI)", "[0-9a-f]{40}"),
        # Notion: eleven digits, then 35 characters.
        token("notion-api-token", "ntn_[0-9]{11}[A-Za-z0-9]{35}", bits=4, left=_WORD),
        token("notion-integration-token", "secret_[A-Za-z0-9]{43}", bits=4, left=_WORD),
        assigned("rapidapi-access-token", "rapid[_-]?api", "[A-Za-z0-9_-]{50}", bits=3.5),
        token("settlemint-application-access-token", "sm_aat_[A-Za-z0-9]{16}"),
        token("settlemint-personal-access-token", "sm_pat_[A-Za-z0-9]{16}"),
        token("settlemint-service-access-token", "sm_sat_[A-Za-z0-9]{16}"),
        assigned("typeform-api-token", "typeform", r"tfp_[A-Za-z0-9_.=-]{59}", bits=3.5),
    ),
    catches=(
        named("adafruit_key", MIXED, 32),
        named("adobe_client_id", HEX, 32),
        issued("p8e-", MIXED, 32),
        named("airtable_key", MIXED, 17),
        issued("pat", MIXED, 14, "." + drawn(HEX, 64)),
        named("algolia_api_key", HEX, 32),
        named("asana_client_id", _DIGITS, 16),
        named("asana_secret", HEX, 32),
        issued("1/", _DIGITS, 16, ":" + drawn(HEX, 32)),
        named("JIRA_API_TOKEN", MIXED, 24),
        issued("ATATT3", MIXED, 186),
        f"密钥«4b1d{drawn(MIXED, 38)}»。",
        named("confluent_key", "ABCDEFGHIJKLMNOP2345", 16),
        named("confluent_secret", MIXED, 64),
        named("contentful_token", MIXED, 43),
        named("dropbox_key", LOWER, 15),
        named("dropbox_token", MIXED, 11, "", "A" * 10 + drawn(MIXED, 43)),
        named("dropbox_token", MIXED, 135, "sl."),
        issued("figd_", MIXED, 40),
        issued("fio-u-", MIXED, 64),
        f"«HUBSPOT_API_KEY={uuid()}»\n",
        f"x «pat-na1-{uuid()}» y",
        issued("s-s4t2ud-", HEX, 64),
        issued("lin_api_", MIXED, 40),
        named("LINEAR_CLIENT_SECRET", HEX, 32),
        named("looker_client_id", LOWER, 20),
        named("looker_secret", LOWER, 24),
        issued("pk.", MIXED, 60, "." + drawn(MIXED, 22)),
        f"key w5fruZ«_{drawn(MIXED, 29)}_mmk»\n",
        named("MERAKI_API_KEY", HEX, 40),
        issued("ntn_", _DIGITS, 11, drawn(MIXED, 35)),
        issued("secret_", MIXED, 43),
        named("RAPIDAPI_KEY", LOWER, 50),
        issued("sm_aat_", MIXED, 16),
        issued("sm_pat_", MIXED, 16),
        issued("sm_sat_", MIXED, 16),
        named("typeform_token", MIXED, 59, "tfp_"),
    ),
    ignores=(
        "A linear equation: y = 2x + 1, solved in Algolia",
        "4b1d" + "X" * 38,
        "getPagesInConfluenceSpace,searchConfluenceUsingCql1",
        "Dropbox: 15 gigabytes, Notion: unlimited",
        "meraki: " + "a" * 20 + "1" * 20,
        "secret_key_of_the_application",
    ),
)
