"""Chat, mail, telephony and customer service, besides Slack.

Catches: keys, tokens and webhook addresses of Beamer, Discord, Gitter, Intercom, Mailchimp,
Mailgun, Mattermost, MessageBird, Microsoft Teams, Postmark, Sendbird, SendGrid, Brevo (Sendinblue),
Telegram, Twilio, Zendesk and more. Misses: keys without a shape of their own that stand without the
provider's name. Cost: holds runs of digits and of hexadecimal digits, and 40 characters behind a
name.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.assignment import alnum, assigned, dashed, digest, uuid_value
from guardrails.secrets.sample import HEX, LOWER, MIXED, drawn, issued, named, uuid
from guardrails.secrets.token import token

_WORD = "[A-Za-z0-9]"

MESSAGING = Guardrail(
    id="messaging",
    family="secrets",
    summary="Tokens of chat, mail and telephony",
    rules=(
        assigned("beamer-api-token", "beamer", "b_[A-Za-z0-9=_-]{44}", bits=3.5),
        # Discord: the bot's id, the time and a digest, each in base64. Ids are decimal, so that
        # they begin with M, N or O.
        token(
            "discord-bot-token",
            r"[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38}",
            bits=4,
        ),
        token(
            "discord-webhook-url",
            r"discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,80}",
            bits=4,
        ),
        assigned("discord-api-token", "discord", digest(64)),
        assigned("discord-client-id", "discord[a-z_. -]{0,12}id", "[0-9]{17,19}", bits=2),
        assigned("discord-client-secret", "discord", dashed(32), bits=3.5),
        assigned("gitter-access-token", "gitter", "[A-Za-z0-9_-]{40}"),
        assigned("intercom-api-key", "intercom", dashed(60), bits=3.5),
        token("mailchimp-api-key", "[0-9a-f]{32}-us[0-9]{1,2}", left=_WORD),
        assigned("mailgun-private-api-token", "mailgun", "key-[0-9a-f]{32}"),
        assigned("mailgun-pub-key", "mailgun", "pubkey-[0-9a-f]{32}"),
        assigned("mailgun-signing-key", "mailgun", "[0-9a-h]{32}-[0-9a-h]{8}-[0-9a-h]{8}"),
        assigned("mattermost-access-token", "mattermost", "[a-z0-9]{26}"),
        assigned("messagebird-api-token", "message[_-]?bird", alnum(25)),
        assigned("messagebird-client-id", "message[_-]?bird", uuid_value()),
        token(
            "microsoft-teams-webhook",
            r"https://[a-z0-9]{1,40}\.webhook\.office\.com/webhookb2/[a-z0-9@-]{73}/"
            r"IncomingWebhook/[a-z0-9]{32}/[a-z0-9-]{36}",
        ),
        assigned("postmark-server-token", "postmark", uuid_value()),
        assigned("sendbird-access-id", "sendbird", uuid_value()),
        assigned("sendbird-access-token", "sendbird", digest(40)),
        token("sendgrid-api-token", r"SG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{39,50}", left=_WORD),
        token("sendinblue-api-token", "xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
        # Telegram, "Bots: obtain your bot token": the id, then 35 characters, the first of them A.
        token(
            "telegram-bot-api-token",
            "[0-9]{5,16}:A[A-Za-z0-9_-]{34}",
            bits=3.5,
            left="[0-9A-Za-z]",
        ),
        token(
            "telegram-bot-url",
            r"api\.telegram\.org/bot[0-9]{5,16}:A[A-Za-z0-9_-]{34}",
            bits=3.5,
        ),
        token("twilio-api-key", "SK[0-9a-fA-F]{32}", left=_WORD),
        assigned("twilio-auth-token", "twilio[a-z_. -]{0,6}(?:auth|token|secret)", digest(32)),
        assigned("zendesk-secret-key", "zendesk", alnum(40)),
        assigned("vonage-api-secret", "(?:vonage|nexmo)[a-z_. -]{0,6}secret", alnum(16), bits=2.8),
        assigned("pusher-secret", "pusher[a-z_. -]{0,8}(?:secret|key)", "[0-9a-f]{20}", bits=2.8),
        assigned("zoom-client-secret", "zoom[a-z_. -]{0,12}secret", alnum(32), bits=3.5),
    ),
    catches=(
        named("beamer_token", MIXED, 44, "b_"),
        issued("M", MIXED, 23, f".{drawn(MIXED, 6)}.{drawn(MIXED, 27)}"),
        f"https://«discord.com/api/webhooks/{drawn('0123456789', 18)}/{drawn(MIXED, 68)}»\n",
        named("discord_key", HEX, 64),
        named("discord_client_id", "0123456789", 18),
        named("discord_secret", MIXED, 32),
        named("gitter_token", HEX, 40),
        named("intercom_token", MIXED, 60),
        issued("", HEX, 32, "-us18"),
        named("mailgun_key", HEX, 32, "key-"),
        named("mailgun_public", HEX, 32, "pubkey-"),
        named("mailgun_signing", HEX, 32, "", f"-{drawn(HEX, 8)}-{drawn(HEX, 8)}"),
        named("mattermost_token", LOWER, 26),
        named("messagebird_key", MIXED, 25),
        f"«MESSAGEBIRD_CLIENT_ID={uuid()}»\n",
        (
            "to «https://example.webhook.office.com/webhookb2/"
            f"{uuid()}@{uuid()}/IncomingWebhook/{drawn(HEX, 32)}/{uuid()}»\n"
        ),
        f"«POSTMARK_TOKEN={uuid()}»\n",
        f"«sendbird_id: {uuid()}»\n",
        named("sendbird_token", HEX, 40),
        issued("SG.", MIXED, 22, "." + drawn(MIXED, 43)),
        issued("xkeysib-", HEX, 64, "-" + drawn(MIXED, 16)),
        f"令牌«{drawn('123456789', 10)}:AA{drawn(MIXED, 33)}»。",
        f"https://«api.telegram.org/bot{drawn('123456789', 10)}:AA{drawn(MIXED, 33)}»/getMe",
        issued("SK", HEX, 32),
        named("TWILIO_AUTH_TOKEN", HEX, 32),
        named("zendesk_token", MIXED, 40),
        named("vonage_api_secret", MIXED, 16),
        named("pusher_app_secret", HEX, 20),
        named("ZOOM_CLIENT_SECRET", MIXED, 32),
    ),
    ignores=(
        "SK" + "x" * 32,
        "Discord: a place to talk, see discord.com/developers",
        "at 10:30:A new day begins, 12345678:A",
        "deadbeef and cafe-us1 are no keys of Mailchimp",
        "discord_secret=" + "0" * 32,
        "SG.your.key",
    ),
)
