"""Social networks, media and the press.

Catches: keys, secrets and tokens of Facebook, Flickr, LinkedIn, New York Times, Spotify, Twitch,
Twitter (X), Instagram and YouTube's clients. Misses: keys without a shape of their own that stand
without the provider's name. Cost: nothing but the tokens themselves, runs of 15 digits, and 40
characters behind a name.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.assignment import alnum, assigned, dashed, digest
from guardrails.secrets.sample import HEX, LOWER, MIXED, drawn, issued, named
from guardrails.secrets.token import token

_DIGITS = "0123456789"

SOCIAL = Guardrail(
    id="social",
    family="secrets",
    summary="Tokens of social networks and media",
    rules=(
        # Meta: an app's token is its id, a bar and its secret.
        token(
            "facebook-access-token",
            r"[0-9]{15,16}(?:\||%7[Cc])[A-Za-z0-9_-]{27,40}",
            left="[0-9A-Za-z]",
        ),
        token(
            "facebook-page-access-token",
            "EAA[MC][A-Za-z0-9]{100,400}",
            bits=4,
            left="[A-Za-z0-9]",
        ),
        assigned("facebook-secret", "facebook", digest(32)),
        token("instagram-access-token", "IGQ[A-Za-z0-9_-]{100,300}", bits=4, left="[A-Za-z0-9]"),
        assigned("flickr-access-token", "flickr", alnum(32)),
        assigned("linkedin-client-id", "linked[_-]?in", "[a-z0-9]{14}", bits=2.8),
        assigned("linkedin-client-secret", "linked[_-]?in", alnum(16), bits=2.8),
        assigned("nytimes-access-token", "nytimes|new-?york-?times", dashed(32), bits=3.5),
        assigned("spotify-client-secret", "spotify", digest(32)),
        assigned("twitch-api-token", "twitch", alnum(30), bits=3.3),
        assigned("twitter-access-secret", "twitter", alnum(45), bits=3.5),
        assigned("twitter-access-token", "twitter", "[0-9]{15,25}-[A-Za-z0-9]{20,40}"),
        assigned("twitter-api-key", "twitter", alnum(25), bits=3.3),
        assigned("twitter-api-secret", "twitter", alnum(50), bits=3.5),
        assigned("twitter-bearer-token", "twitter", "A{22}[A-Za-z0-9%]{80,100}"),
    ),
    catches=(
        f"密钥«{drawn(_DIGITS, 16)}|{drawn(MIXED, 27)}»。",
        issued("EAAM", MIXED, 180),
        named("facebook_app_secret", HEX, 32),
        issued("IGQ", MIXED, 150),
        named("flickr_key", HEX, 32),
        named("linkedin_client_id", LOWER, 14),
        named("linkedin_secret", MIXED, 16),
        named("nytimes_key", MIXED, 32),
        named("SPOTIFY_CLIENT_SECRET", HEX, 32),
        named("twitch_token", LOWER, 30),
        named("twitter_access_secret", MIXED, 45),
        named("twitter_token", _DIGITS, 19, "", "-" + drawn(MIXED, 40)),
        named("TWITTER_API_KEY", MIXED, 25),
        named("TWITTER_API_SECRET", MIXED, 50),
        named("twitter_bearer", MIXED, 90, "A" * 22),
    ),
    ignores=(
        "facebook: a network with 3 billion users",
        "twitter_api_key = os.environ['TWITTER_API_KEY']",
        "the card 4111111111111111|12|2030",
        "linkedin.com/in/someone, twitter.com/someone",
        "TWITTER_API_KEY=" + "x" * 25,
    ),
)
