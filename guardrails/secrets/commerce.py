"""Payment, banking, exchanges, shops and shipping, besides Stripe.

Catches: keys and tokens of Adyen, Bittrex, Braintree, Coinbase, Duffel, EasyPost, Etsy, Finicity,
Finnhub, Flutterwave, FreshBooks, Freemius, GoCardless, Kraken, KuCoin, Lob, PayPal, Paystack,
Plaid, Razorpay, Shippo, Shopify, Square, Squarespace and more. Misses: keys without a shape of
their own that stand without the provider's name. Cost: nothing but the keys themselves, and 40
characters behind a name.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.assignment import alnum, assigned, dashed, digest, uuid_value
from guardrails.secrets.sample import HEX, LOWER, MIXED, drawn, issued, named, uuid
from guardrails.secrets.token import token

_WORD = "[A-Za-z0-9]"

COMMERCE = Guardrail(
    id="commerce",
    family="secrets",
    summary="Keys of payment, exchanges and shops",
    rules=(
        assigned("adyen-api-key", "adyen", "AQE[A-Za-z0-9+/=-]{60,200}", bits=4),
        assigned("bittrex-access-key", "bittrex[a-z_. -]{0,9}(?:access|api)", alnum(32)),
        assigned("bittrex-secret-key", "bittrex", alnum(32)),
        token(
            "braintree-access-token",
            r"access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[0-9a-f]{32}",
        ),
        assigned("coinbase-access-token", "coinbase", dashed(64), bits=3.5),
        token("duffel-api-token", "duffel_(?:test|live)_[A-Za-z0-9_=-]{43}"),
        token("easypost-api-token", "EZAK[A-Za-z0-9]{54}", left="[A-Za-z0-9+/]"),
        token("easypost-test-api-token", "EZTK[A-Za-z0-9]{54}", left="[A-Za-z0-9+/]"),
        assigned("etsy-access-token", "(?-i:[Ee]tsy|ETSY)", "[a-z0-9]{24}"),
        assigned("finicity-api-token", "finicity", digest(32)),
        assigned("finicity-client-secret", "finicity", alnum(20)),
        assigned("finnhub-access-token", "finnhub", alnum(20)),
        token("flutterwave-encryption-key", "FLWSECK_TEST-[A-Ha-h0-9]{12}", bits=2),
        token("flutterwave-public-key", "FLWPUBK_TEST-[A-Ha-h0-9]{32}-X"),
        token("flutterwave-secret-key", "FLWSECK_TEST-[A-Ha-h0-9]{32}-X"),
        assigned("freshbooks-access-token", "freshbooks", alnum(64), bits=3.5),
        assigned("freemius-secret-key", "secret_key", r"sk_[^\s\"'<>]{29}", bits=3.5),
        assigned("gocardless-api-token", "gocardless", "live_[A-Za-z0-9_=-]{40}", bits=3.5),
        assigned("kraken-access-token", "kraken", "[A-Za-z0-9/=_+-]{80,90}", bits=4),
        assigned("kucoin-access-token", "kucoin", digest(24)),
        assigned("kucoin-secret-key", "kucoin", uuid_value()),
        assigned("lob-api-key", "(?-i:[Ll]ob|LOB)", "(?:live|test)_[0-9a-f]{35}"),
        assigned("lob-pub-api-key", "(?-i:[Ll]ob|LOB)", "(?:live|test)_pub_[0-9a-f]{31}"),
        assigned("paypal-client-secret", "paypal", "E[A-Za-z0-9_-]{79}", bits=4),
        assigned("paystack-secret-key", "paystack", "sk_(?:live|test)_[0-9a-f]{40}"),
        assigned(
            "plaid-api-token",
            "plaid",
            f"access-(?:sandbox|development|production)-{uuid_value()}",
        ),
        assigned("plaid-client-id", "plaid", alnum(24)),
        assigned("plaid-secret-key", "plaid", alnum(30)),
        assigned("razorpay-key", "razorpay", "rzp_(?:live|test)_[A-Za-z0-9]{14}", digits=False),
        token("shippo-api-token", "shippo_(?:live|test)_[A-Fa-f0-9]{40}"),
        token("shopify-access-token", "shpat_[A-Fa-f0-9]{32}"),
        token("shopify-custom-access-token", "shpca_[A-Fa-f0-9]{32}"),
        token("shopify-private-app-access-token", "shppa_[A-Fa-f0-9]{32}"),
        token("shopify-shared-secret", "shpss_[A-Fa-f0-9]{32}"),
        token("square-access-token", "(?:EAAA|sq0atp-)[A-Za-z0-9_-]{22,60}", left=_WORD),
        token("square-secret", "sq0csp-[A-Za-z0-9_-]{43}"),
        assigned("squarespace-access-token", "squarespace", uuid_value()),
        token("stripe-webhook-secret", "whsec_[A-Za-z0-9]{32}", bits=4, left=_WORD),
    ),
    catches=(
        named("ADYEN_API_KEY", MIXED, 80, "AQE"),
        named("bittrex_api_key", LOWER, 32),
        named("bittrex_secret", LOWER, 32),
        issued("access_token$production$", LOWER, 16, "$" + drawn(HEX, 32)),
        named("COINBASE_TOKEN", MIXED, 64),
        issued("duffel_live_", MIXED, 43),
        issued("EZAK", MIXED, 54),
        issued("EZTK", MIXED, 54),
        named("etsy_key", LOWER, 24),
        named("finicity_token", HEX, 32),
        named("finicity_secret", LOWER, 20),
        named("FINNHUB_API_KEY", LOWER, 20),
        issued("FLWSECK_TEST-", HEX, 12),
        issued("FLWPUBK_TEST-", HEX, 32, "-X"),
        issued("FLWSECK_TEST-", HEX, 32, "-X"),
        named("freshbooks_token", HEX, 64),
        "'«secret_key' => 'sk_" + drawn(MIXED, 29) + "»',",
        named("gocardless_token", MIXED, 40, "live_"),
        named("KRAKEN_PRIVATE_KEY", MIXED, 86),
        named("kucoin_key", HEX, 24),
        f"«KUCOIN_SECRET={uuid()}»\n",
        named("lob_key", HEX, 35, "test_"),
        named("lob_key", HEX, 31, "live_pub_"),
        named("PAYPAL_SECRET", MIXED, 79, "E"),
        named("PAYSTACK_KEY", HEX, 40, "sk_live_"),
        f"«plaid_token = 'access-sandbox-{uuid()}»'",
        named("plaid_client_id", HEX, 24),
        named("plaid_secret", HEX, 30),
        named("razorpay_id", MIXED, 14, "rzp_live_"),
        issued("shippo_live_", HEX, 40),
        f"密钥«shpat_{drawn(HEX, 32)}»。",
        issued("shpca_", HEX, 32),
        issued("shppa_", HEX, 32),
        issued("shpss_", HEX, 32),
        issued("sq0atp-", MIXED, 22),
        issued("sq0csp-", MIXED, 43),
        f"«squarespace: {uuid()}»\n",
        issued("whsec_", MIXED, 32),
    ),
    ignores=(
        "shpat_" + "x" * 32,
        "Coinbase: an exchange, and a wallet",
        "duffel_test_your_token",
        "the kraken = a monster of the northern seas",
        "a lob is a high ball: live, test it",
    ),
)
