"""Numbers that authorities of Brazil give to people and companies.

Catches: Brazilian taxpayer numbers of persons and companies. Misses: identity cards, which every
state numbers on its own. Cost: holds the current number, and the 32 characters behind one that
needs a word beside it.
"""

from __future__ import annotations

from stdnum.br import cnpj, cpf

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, TAX, identifier

BRAZIL = Guardrail(
    id="brazil",
    family="pii",
    summary="Brazilian taxpayer numbers of persons and companies",
    rules=(
        identifier(
            "br-cpf",
            r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}",
            check=cpf.is_valid,
            words=f"cpf, cadastro de pessoa, {TAX}",
            confidence=0.95,
            bare=0.8,
        ),
        identifier(
            "br-cpf-unbroken",
            r"[0-9]{4}[0-9]{4}[0-9]-?[0-9]{2}",
            kind="BR_CPF",
            check=cpf.is_valid,
            words=f"cpf, cadastro de pessoa, {TAX}",
            bare=0.3,
        ),
        identifier(
            "br-cnpj",
            r"[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-[0-9]{2}",
            check=cnpj.is_valid,
            words=f"cnpj, cadastro nacional, {COMPANY}, {TAX}",
            confidence=0.95,
            bare=0.8,
        ),
        identifier(
            "br-cnpj-unbroken",
            r"[0-9]{4}[0-9]{4}/?[0-9]{4}-?[0-9]{2}",
            kind="BR_CNPJ",
            check=cnpj.is_valid,
            words=f"cnpj, cadastro nacional, {COMPANY}, {TAX}",
            bare=0.4,
        ),
    ),
    catches=(
        "is «518.123.474-72» the right CPF?",
        "CPF: «445309221-03».",
        "（CNPJ）«IU.UC5.TQO/EP9Z-28»。",
        "under CNPJ «70872254/3308-00» you find all of it",
    ),
    ignores=(
        "CNPJ 41.MW5.W4Q/J32W-01",
        "CPF 794.298.725-79",
        "part 979.077.237-87 is in stock",
        "release 049056223-01 is out",
        "see 5H.L3W.NVO/3AZM-84 in the list",
    ),
)
