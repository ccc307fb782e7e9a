"""How an instruction to ignore instructions is worded, in English and in 25 other languages."""

from __future__ import annotations

from guardrails.content.keywords import write_expression


def wording(expression: str) -> str:
    """Write an expression over words, in any case: a space stands for white space, up to a line
    break with indentation, ` ?` for that or none, an apostrophe for either form of it. Classes must
    hold neither.
    """
    spaced = expression.replace(" ?", r"\s{0,3}").replace(" ", r"\s{1,3}").replace("'", "['\u2019]")
    return rf"(?i:\b(?:{spaced})(?![A-Za-z0-9]))"


def words(at_most: int) -> str:
    """Write up to so many words of any kind, each with the space behind it."""
    return rf"(?:[^\s.,:;!?]{{1,16}},? ){{0,{at_most}}}"


# What is told to be ignored. Whoever asks for a letter to be ignored speaks of a message or a text.
ORDERS = (
    "(?:instructions?|prompts?|directives?|commands?|inputs|rules|guidelines|guidance|orders|"
    "directions|"
    "programming|restrictions|constraints|safeguards|guardrails|protocols|training)"
)
_IGNORE = (
    "(?:ignor(?:e|es|ing|ed)|disregard(?:s|ing|ed)?|forget(?:s|ting)?|overrid(?:e|es|ing)|"
    "neglect|bypass|discard|dismiss|overlook|erase|delete|drop|cancel|abandon|set aside|"
    "pay no (?:attention|heed) to|(?:do not|don't|never|stop|no longer) "
    "(?:follow(?:ing)?|obey(?:ing)?|listen(?:ing)? to|adher(?:e|ing) to|apply(?:ing)?))"
)
_EARLIER = (
    "(?:previous|prior|preceding|above|earlier|past|former|foregoing|existing|initial|original|"
    "system|old|older|default|built-in|preset|aforementioned|hidden|developer)"
)
_GIVEN = (
    "(?:(?:that |which )?(?:you |i |we |they )?(?:have |had |were |was |'ve )?(?:been )?"
    "(?:got|received|gave|given|told|gotten|had|provided)|above|before|so far|previously)"
)

IGNORE_EARLIER = wording(f"{_IGNORE} {words(4)}{_EARLIER}(?: and [a-z]+)? {words(2)}{ORDERS}")
IGNORE_GIVEN = wording(f"{_IGNORE} {words(3)}{ORDERS},? {_GIVEN}")
IGNORE_OWN = wording(
    f"{_IGNORE} {words(1)}your (?:own |safety |ethical |content |internal |core |usual |normal )?"
    "(?:instructions|programming|guidelines|rules|directives|safeguards|guardrails|"
    "(?:content |safety |usage )?polic(?:y|ies)|system prompt|prompt|training)"
)
IGNORE_ALL = wording(
    f"{_IGNORE} (?:everything|anything|all|whatever)(?: of)? (?:that )?"
    "(?:(?:i|we|they|was|were|has been|you|you've|you have|you were)(?:'ve| have| had| been)? "
    "(?:just )?(?:said|told|instructed|been told|been instructed|asked|ordered)"
    "|(?:the )?(?:above|before this|from before|prior to this|up to now|until now|so far))"
)

# Languages whose verb stands first: what to do, and what then stands in either order.
_GERMANIC = (
    # German
    (
        "ignorier(?:e|en sie|t)|vergiss|vergessen sie|missachte(?:n sie)?|verwirf",
        (
            "vorherigen?|bisherigen?|vorigen?|obigen?|fruheren?|vorangegangenen?|vorstehenden?|"
            "ursprunglichen?|vorangehenden?"
        ),
        "anweisung(?:en)?|instruktion(?:en)?|befehle|vorgaben|regeln|anleitungen|prompts?",
    ),
    # Dutch
    (
        "negeer|vergeet|veronachtzaam",
        "vorige|voorgaande|eerdere|bovenstaande|voorafgaande|oorspronkelijke",
        "instructies?|opdrachten|aanwijzingen|regels|bevelen|prompts?",
    ),
    # Swedish, Danish, Norwegian
    (
        "ignorer(?:a|er)?|glom|glem|bortse fran|se bort fra",
        "tidigare|foregaende|ovanstaende|tidligere|forrige|ovenstaende",
        (
            "instruktion(?:er|erna|erne)?|instruks(?:er|jon|joner|jonene)?|regler(?:na|ne)?|"
            "anvisning(?:ar|er|arna|erne)?|kommandon|ordrer?"
        ),
    ),
)
_ROMANCE = (
    # French
    (
        (
            "ignor(?:e|ez|er)|oubli(?:e|ez|er)|ne (?:tiens|tenez) pas compte (?:de|des)|"
            "fais abstraction (?:de|des)"
        ),
        "precedent(?:e|es|s)?|anterieur(?:e|es|s)?|ci-dessus|initial(?:e|es)|initiaux",
        "instructions?|consignes?|directives?|ordres|regles|commandes|invites?",
    ),
    # Spanish, Portuguese, Italian, Catalan, Galician
    (
        (
            "ignor(?:a|e|en|ad|ar|i|ate|em|eu)|olvid(?:a|e|en|ar)|esque(?:ce|ca|cam|cer)|"
            "dimentica(?:te|re)?|desconsider(?:a|e|em|ar)|descart(?:a|e|ar)|omit(?:e|a|ir)|"
            "(?:no )?hagas? caso omiso de|non (?:considerare|seguire)|trascura(?:re)?"
        ),
        (
            "anterior(?:es|i|s)?|previ(?:a|as|o|os|e)|precedent(?:e|es|i)|arriba|acima|"
            "inicia(?:l|les|is|li)|origina(?:l|les|is|li)|de antes|de cima"
        ),
        (
            "instruc(?:cion|ciones|oes|ao)|instruco(?:es|ns)|istruzion[ei]|instruccions|"
            "ordenes|ordens|"
            "ordini|indica(?:ciones|coes|zioni)|regl(?:as|es)|regras|regole|directrices|diretrizes|"
            "direttive|comandos|comandi|prompts?|pautas|consignas?"
        ),
    ),
    # Romanian
    (
        "ignor(?:a|ati)|uita(?:ti)?(?: de)?",
        "anterioare|precedente|de mai sus|initiale",
        "instructiuni(?:le)?|indicatii(?:le)?|comenzi(?:le)?|reguli(?:le)?",
    ),
)
_OTHER_LATIN = (
    # Polish
    (
        "z?ignoruj(?:cie)?|zapomnij(?: o)?|pomin|zlekcewaz",
        "poprzedni(?:e|ch|a)|wczesniejsz(?:e|ych|a)|powyzsz(?:e|ych|a)|dotychczasow(?:e|ych)",
        "instrukcj(?:e|i|a|ach)|polece(?:nia|n|niach)|wytyczn(?:e|ych)|zasad(?:y|ach)?|komendy",
    ),
    # Czech, Slovak
    (
        "ignoruj(?:te)?|zapomen(?:te)?(?: na)?|zabudni(?:te)?(?: na)?|nedbej(?:te)?(?: na)?",
        "predchozi(?:ch)?|predosl(?:e|a|ych)|predchadzajuc(?:e|ich)|vyse uveden(?:e|a)|drivejsi",
        "pokyn(?:y|u|ov)?|instrukc(?:e|i|ie)|instrukcie|pravidla|prikazy",
    ),
    # Indonesian, Malay
    (
        "abaikan|lupakan|hiraukan",
        "sebelumnya|sebelum ini|di atas|terdahulu|awal",
        "instruksi|perintah|arahan|aturan|petunjuk|panduan",
    ),
    # Vietnamese
    (
        "bo qua|phot lo|quen(?: di)?",
        "truoc (?:do|đo|day|đay)|ben tren|(?:o )?tren|ban (?:dau|đau)",
        "huong dan|chi (?:dan|thi)|lenh|quy tac|yeu cau",
    ),
)
_LETTERS = '[^\\s.,:;!?"()]{1,16}'


def _verb_first(verbs: str, earlier: str, orders: str) -> str:
    some = f"(?:{_LETTERS} ){{0,3}}"
    return (
        f"(?:{verbs}) {some}(?:(?:{earlier}) (?:{_LETTERS} )?(?:{orders})"
        f"|(?:{orders}) (?:{_LETTERS} ){{0,2}}(?:{earlier}))"
    )


def _any(phrases: str) -> str:
    return write_expression(phrases.split("|"), whole_words=False)


# Languages in other scripts, whose folded letters `write_expression` knows, and Turkish: what
# stands in this order, with a little between it.
_IN_ORDER = (
    # Russian, Ukrainian
    (
        (
            "игнорируй|игнорируйте|проигнорируй|проигнорируйте|забудь|забудьте|не учитывай|"
            "ігноруй|ігноруйте|проігноруй|забудь про|не враховуй"
        ),
        (
            "предыдущие|предыдущих|прежние|прошлые|предшествующие|вышеуказанные|изначальные|"
            "попередні|попередніх|минулі|вищезазначені"
        ),
        (
            "инструкции|инструкций|указания|указаний|команды|правила|распоряжения|"
            "інструкції|інструкцій|вказівки|команди"
        ),
    ),
    # Turkish, whose verb stands last
    (
        "önceki|yukarıdaki|daha önceki|bundan önceki",
        "talimatları|talimatlari|komutları|yönergeleri|kuralları|talimatların",
        "yok say|yoksay|görmezden gel|unut|dikkate alma|göz ardı et",
    ),
    # Chinese: ignore ... earlier ... instructions
    (
        "忽略|无视|無視|忘记|忘記|忘掉|不要理会|不要理會|不用管|抛开|別管|别管|覆盖",
        "之前|以上|先前|前面|上面|此前|上述|原来|原來|以前|一切|所有",
        "指令|指示|说明|說明|提示|规则|規則|命令|要求|设定|設定",
    ),
    # Japanese
    (
        "以前の|前の|これまでの|今までの|上記の|先ほどの|上の|すべての|全ての",
        "指示|命令|指令|プロンプト|ルール|設定|規則",
        "無視|忘れて|忘れろ|忘れ|破棄|従わない",
    ),
    # Korean
    (
        "이전|앞선|앞의|위의|지금까지의|기존",
        "지시|명령|지침|프롬프트|규칙|설정",
        "무시|잊어|잊으|따르지 마",
    ),
    # Arabic
    (
        "تجاهل|تجاهلي|تجاهلوا|انسى|انس|انسَ",
        "التعليمات|الأوامر|التوجيهات|الإرشادات|القواعد",
        "السابقة|أعلاه|الأصلية|المذكورة",
    ),
    # Hebrew
    (
        "התעלם|התעלמי|התעלמו|שכח|תתעלם",
        "ההוראות|הוראות|ההנחיות|הפקודות|הכללים",
        "הקודמות|שלמעלה|הקודמים|לעיל",
    ),
    # Hindi, whose verb stands last
    (
        "पिछले|पिछली|पहले के|पूर्व|उपरोक्त|ऊपर के",
        "निर्देश|निर्देशों|आदेश|आदेशों|नियम|नियमों",
        "अनदेखा|नजरअंदाज|भूल जा|उपेक्षा|अनदेखी",
    ),
)


def _in_order(parts: tuple[str, ...]) -> str:
    return "[^.,:;!?。！？\\n]{0,12}".join(map(_any, parts))


IGNORE_IN_GERMANIC, IGNORE_IN_ROMANCE, IGNORE_IN_LATIN = (
    wording("|".join(_verb_first(*row) for row in rows))
    for rows in (_GERMANIC, _ROMANCE, _OTHER_LATIN)
)
IGNORE_IN_OTHER_SCRIPTS = f"(?:{'|'.join(map(_in_order, _IN_ORDER))})"
