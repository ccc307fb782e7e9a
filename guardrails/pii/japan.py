"""Numbers that authorities of Japan give to people and companies.

Catches: Japanese individual and corporate numbers, passports and driving licences. Misses: health
insurance numbers. Cost: holds the current number, and the 32 characters behind one that needs a
word beside it.
"""

from __future__ import annotations

from stdnum.jp import cn, in_

from guardrails.guardrail import Guardrail
from guardrails.pii.identifier import COMPANY, PASSPORT, digits, grouped, identifier

JAPAN = Guardrail(
    id="japan",
    family="pii",
    summary="Japanese individual and corporate numbers, passports and driving licences",
    rules=(
        identifier(
            "jp-my-number",
            grouped(4, 4, 4),
            check=in_.is_valid,
            words="マイナンバー, 個人番号, my number, individual number",
        ),
        identifier(
            "jp-corporate-number",
            r"[1-9](?P<by>[ -]?)[0-9]{4}(?P=by)[0-9]{4}(?P=by)[0-9]{4}",
            check=cn.is_valid,
            words=f"法人番号, corporate number, {COMPANY}",
        ),
        identifier(
            "jp-passport", r"[A-Za-z]{2}[0-9]{4}[0-9]{3}", words=f"{PASSPORT}, 旅券, パスポート"
        ),
        identifier("jp-driver-license", digits(12), words="運転免許, 免許証", bare=0.02),
    ),
    catches=(
        "マイナンバー = «198897931030»",
        "is «5465407877648» the right 法人番号?",
        "（passport）«GS0052813»。",
        "her 運転免許 is «629858614985», as she told us",
    ),
    ignores=(
        "法人番号 4894982421093",
        "マイナンバー 9571 8327 6057",
        "part 9 9257 7300 3052 is in stock",
        "release 5024-3952-2920 is out",
        "see 743571377970 in the list",
    ),
)
