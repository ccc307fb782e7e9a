"""Providers of models and of what surrounds them.

Catches: keys and tokens of Hugging Face, Cohere, Perplexity, Groq, xAI, Replicate, OpenRouter,
ElevenLabs, NVIDIA, DeepSeek, Mistral, Together, LangSmith, Pinecone, Weights & Biases and Private
AI. Misses: keys of Cohere, Mistral, Together and Private AI without the provider's name, as they
have no shape of their own. Cost: nothing but the keys themselves, and 40 characters behind a name.
OpenAI, Anthropic and Google have guardrails of their own.
"""

from __future__ import annotations

from guardrails.guardrail import Guardrail
from guardrails.secrets.assignment import alnum, assigned, digest, uuid_value
from guardrails.secrets.sample import HEX, LOWER, MIXED, drawn, issued, named
from guardrails.secrets.token import token

_LETTERS = "abcdefghijklmnopqrstuvwxyz"

AI = Guardrail(
    id="ai",
    family="secrets",
    summary="Keys of model providers",
    rules=(
        # Hugging Face draws letters only: names of functions begin alike, and have few capitals.
        token("huggingface-access-token", "hf_[A-Za-z]{34}", bits=4, left="[A-Za-z0-9_]"),
        token("huggingface-organization-api-token", "api_org_[A-Za-z]{34}", bits=4),
        token("perplexity-api-key", "pplx-[A-Za-z0-9]{48}", bits=4, left="[A-Za-z0-9]"),
        token("groq-api-key", "gsk_[A-Za-z0-9]{52}", bits=4, left="[A-Za-z0-9]"),
        token("xai-api-key", "xai-[A-Za-z0-9]{80}", bits=4, left="[A-Za-z0-9]"),
        token("replicate-api-token", "r8_[A-Za-z0-9]{37}", bits=4, left="[A-Za-z0-9]"),
        token("openrouter-api-key", "sk-or-v1-[0-9a-f]{64}", left="[A-Za-z0-9]"),
        token("elevenlabs-api-key", "sk_[0-9a-f]{48}", left="[A-Za-z0-9_]"),
        token("nvidia-api-key", "nvapi-[A-Za-z0-9_-]{60,70}", bits=4, left="[A-Za-z0-9]"),
        token("langsmith-api-key", "lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
        token("pinecone-api-key", "pcsk_[A-Za-z0-9]{5,7}_[A-Za-z0-9]{60,66}", bits=4),
        assigned("cohere-api-token", "cohere|CO_API_KEY", alnum(40), bits=4),
        assigned("deepseek-api-key", "deepseek", "sk-[0-9a-f]{32}"),
        assigned("mistral-api-key", "mistral", alnum(32), bits=3.5),
        assigned("together-api-key", "together[_-]?(?:ai|api)", digest(64)),
        assigned("wandb-api-key", "wandb", digest(40)),
        assigned("privateai-api-token", "private[_-]?ai", "[a-z0-9]{32}"),
        assigned("stability-api-key", "stability", "sk-[A-Za-z0-9]{48}", bits=4),
        assigned("voyage-api-key", "voyage", "pa-[A-Za-z0-9_-]{43}", bits=4),
        assigned("azure-openai-api-key", "azure[_-]?openai|aoai", "[A-Za-z0-9]{84}|[0-9a-f]{32}"),
        assigned("assemblyai-api-key", "assembly[_-]?ai", digest(32)),
        assigned("deepgram-api-key", "deepgram", digest(40)),
        assigned("langfuse-secret-key", "langfuse", f"sk-lf-{uuid_value()}"),
    ),
    catches=(
        issued("hf_", _LETTERS + _LETTERS.upper(), 34),
        issued("api_org_", _LETTERS + _LETTERS.upper(), 34),
        f"密钥«pplx-{drawn(MIXED, 48)}»。",
        issued("gsk_", MIXED, 52),
        issued("xai-", MIXED, 80),
        issued("r8_", MIXED, 37),
        issued("sk-or-v1-", HEX, 64),
        issued("sk_", HEX, 48),
        issued("nvapi-", MIXED, 64),
        issued("lsv2_pt_", HEX, 32, "_" + drawn(HEX, 10)),
        issued("pcsk_", MIXED, 6, "_" + drawn(MIXED, 63)),
        named("COHERE_API_KEY", MIXED, 40),
        named("deepseek_key", HEX, 32, "sk-"),
        named("MISTRAL_API_KEY", MIXED, 32),
        named("together_api_key", HEX, 64),
        named("WANDB_API_KEY", HEX, 40),
        named("privateAiToken", LOWER, 32),
        named("STABILITY_KEY", MIXED, 48, "sk-"),
        named("VOYAGE_API_KEY", MIXED, 43, "pa-"),
        named("AZURE_OPENAI_API_KEY", MIXED, 84),
        named("assemblyai", HEX, 32),
        named("DEEPGRAM_API_KEY", HEX, 40),
        f"«LANGFUSE_SECRET_KEY=sk-lf-{'-'.join(drawn(HEX, n) for n in (8, 4, 4, 4, 12))}»\n",
    ),
    ignores=(
        "HF_TOKEN=hf_" + "x" * 34,
        "hf_requiredCharacteristicTypesForDisplay(x)",
        "pplx-your-api-key and gsk_your_key",
        "COHERE_API_KEY=" + "x" * 40,
        "Cohere is a provider of language models with an API.",
        "the mistral = a strong, cold wind of southern France",
    ),
)
