"""Texts whose sentences are known, and texts made of what decides where sentences end."""

from __future__ import annotations

from random import Random

# A sentence begins behind each "¦", a paragraph as well behind each "¶".
CASES = {
    "full stops": "It works. ¦Then it stops. ¦Why? ¦Nobody knows! ¦Nobody.",
    "titles": "He met Dr. Who and Mrs. Smith at St. James's Park. ¦They talked.",
    "titles among capitals": "REPORT BY DR. SMITH OF ACME INC. LONDON. ¦It is long.",
    "acronyms like titles": "He joined BP. ¦Perhaps he likes LA. ¦Brian does.",
    "initials": "J. R. R. Tolkien wrote it. ¦Then C. S. Lewis did. ¦George W. Bush read it.",
    "abbreviations": "Use spices, e.g. salt, approx. 5 g, i.e. little. ¦Cf. the next page.",
    "countries": "I live in the U.S. ¦The U.S. Army and the U.K. government do not.",
    "companies": "Apple Inc. CEO Tim Cook spoke. ¦He works for Acme Inc. ¦It is large.",
    "lists that end": "Pears, plums, etc. are fruit. ¦Bring nuts, etc. ¦Everything helps.",
    "courts": "Smith v. Jones was decided. ¦Cf. Roe v. Wade.",
    "times": "We met at 5 p.m. on Friday. ¦She left at 6 p.m. ¦Come at 10 a.m. Monday.",
    "months": "He was born on Jan. 5, 1990. ¦In Sept. we met. ¦It was Sept. ¦We left.",
    "decimals and versions": "It costs $3.50, not 4. ¦Python 3.11.4 is out. ¦Version 2.0 is not.",
    "addresses": "See https://example.com/a.b?c=d. ¦Mail ada@example.com. ¦Open main.py. ¦Done.",
    "words with points": "Node.js is fun. ¦I use ASP.NET. ¦C# is fine.",
    "numbers": "It was 2005. ¦14 people left. ¦See No. 5 and Vol. II. ¦He said no.",
    "letters as names": "Solve for x. ¦Take vitamin C. ¦Foods help. ¦Plan B. ¦Next step.",
    "quotes": '"Stop!" he cried. ¦"Why?" asked Ann. ¦He said, “I am late.” ¦Then he left.',
    "detached quotes": "He said \"I go. \" ¦Then 'Well. ' ¦'Good' it was.",
    "brackets": "(It was late.) ¦We slept. ¦[So did they.] ¦Good. ¦The States (U.S.) are many.",
    "emphasis": "**Bold ends here.** ¦Next one. ¦*Slanted.* ¦`code.` ¦Then.",
    "sources": "It is true.[1] ¦Others agree.[2][3] ¦They do.¹ ¦So.",
    "ellipses": "Wait... what? ¦No... ¦Yes. ¦And on…and on… ¦It ended. ¦He left [...] and went.",
    "marks in a row": "Really?! ¦Yes!!! ¦No? ! ¦Well . . . it is.",
    "names with a mark": "Visit Yahoo! today. ¦Go!",
    "small letters": "i dont know. ¦maybe he is right. ¦thats it. ¦ok",
    "small letters after some": "I went there yesterday. ¦it was closed. ¦you know. ¦they go.",
    "emoji": "Well done 😊 ¦Let's go on. ¦Great! ¦😊 Let's go. ¦I love 🍕 and ❤️ Paris.",
    "emoticons": "Nice to see you :-) ¦Come again.",
    "list numbers": "1. First item. ¦2. Second.\n¦3. Third\n   ¦a. Sub\n¦10) Tenth\n¦1.2. Scope",
    "headings and bullets": "# Heading\n¦Text of it.\n¦- one\n¦* two\n\n¶New paragraph. ¦Yes.",
    "line breaks of every kind": "a\r\n¦b\r¦c\u2028¦d\r\n\r\n¶e\n \n¶f",
    "wrapped lines": (
        "This is a long line that an editor broke at seventy-two\ncolumns. ¦It goes on.\n"
        "¦short\n¦lines"
    ),
    "tables": "| a | b |\n¦|---|---|\n¦| Dr. No | 1.5 |",
    "code fences": (
        "Here:\n\n¶```python\nx = 1.\nprint(x). Done. Really.\n\n¦y = 2\n```\n¦That was it. ¦Next."
    ),
    "fences within fences": "````md\n```py\nx\n```\n\n¦more\n````\n¦Out. ¦Yes.",
    "fences of tildes": "~~~\na. B\n~~~\n¦Text. ¦Yes.",
    "code within a line": "```inline``` is code. ¦Then go.\n¦It is prose. ¦Yes.",
    "fence that never ends": "```\na. B\n\n¦c. D",
    "dialogue": "— Really? — she asked. ¦— Yes.",
    "German": (
        "Das kostet ca. 5 Mio. Euro. ¦Am 3. Oktober ist frei, z. B. hier, d. h. dort usw. ¦Dann "
        "kam Dr. med. Müller aus der Hauptstr. 5. ¦Ludwig XIV. regierte. ¦Um 44 v. Chr. starb er. "
        "¦Im 19. Jahrhundert auch. ¦„Hallo.“ ¦»Ja!« rief sie."
    ),
    "French": (
        "M. Dupont et Mme Curie sont là. ¦Il a dit : « Bonjour. » ¦Puis il part. ¦Vraiment ? "
        "¦Oui ! ¦Voir p. 12, art. 3. ¦J.-P. Sartre écrit. ¦C'est l'U.E. ¦Il pleut."
    ),
    "Spanish": "¿Cómo estás? ¦¡Bien! ¦El Sr. García vive en EE. UU. desde 2001. ¦Vale.",
    "Italian": "Il dott. Rossi è qui. ¦L'Avv. Neri no. ¦Ecco.",
    "Dutch": "Dhr. de Vries komt bijv. morgen. ¦Prima!",
    "Danish": "Hr. Hansen bor i nr. 5, f.eks. nu. ¦Godt.",
    "Polish": "Prof. dr hab. Nowak, np. przy ul. Długiej. ¦To dom.",
    "Russian": "О. И. Иванов жил в г. Москва, т. е. там. ¦В 1990 г. он умер. ¦— Да! — сказал он.",
    "Greek": "Τι κάνεις; ¦Καλά, π.χ. σήμερα. ¦Ναι.",
    "Armenian": "Բարև Ձեզ: ¦Մենք գնում ենք: ¦Ոչ։",
    "Chinese": "今天很好。¦走吧！¦他说：“你好。”¦“再见。”¦《你好！世界》好看。¦你好!¦我好。",
    "Japanese": "これはペンです。¦「はい。」と言った。¦「いいえ！」¦３．５％です。",
    "Korean": "안녕하세요. ¦저는 학생입니다.",
    "Arabic": "مرحبا. ¦كيف حالك؟ ¦أنا بخير، شكرا!",
    "Urdu": "یہ ایک جملہ ہے۔ ¦دوسرا جملہ۔",
    "Hindi": "यह पहला है। ¦यह दूसरा है॥ ¦डॉ. शर्मा की जी.डी.पी. बढ़ी। ¦वह कहता है. ¦ठीक है.",
    "Amharic": "እንዴት ነህ፧ ¦ደህና ነኝ።",
    "Burmese": "နေကောင်းလား။ ¦ကောင်းပါတယ်။",
}

# What decides about a boundary, to be glued together at random.
PIECES = (
    *(" ", "  ", "\n", "\r\n", "\r", "\n\n", "\u3000", "\u2028", "\t", "\u200b", "\u200f"),
    *(".", "!", "?", "…", "...", "。", "！", "।", "؟", ":", ";", ",", ":-)", "‼"),
    *('"', "'", "’", "”", "“", "«", "»", "(", ")", "[", "]", "*", "_", "-", " – "),
    *("《", "》", "」", "```", "~~~", "`", "```py\n", "\n```\n", "````"),
    *("U.S", "Mr", "etc", "Inc", "vs", "A", "x", "I", "p.m", "No", "Jan", "EE", "Yahoo"),
    *("l'", "DR", "Army", "The", "the", "Then", "considerable", "nothing", "and", "Le"),
    *("と", "好", "है", "Ի", "ω", "1", "12", "3.5", "2005", "e\u0301", "\u0301"),
    *("👍🏽", "❤️", "👩\u200d👧", "🇩🇪", "\u200d", "각"),
)


def plain(case: str) -> str:
    """Return the text of a case."""
    return case.replace("¦", "").replace("¶", "")


def texts(random: Random, count: int) -> list[str]:
    """Make cases, cases with something else in the middle, and pieces at random."""
    cases = [plain(case) for case in CASES.values()]
    made = list(cases)
    for _ in range(count):
        case, place = random.choice(cases), random.random()
        middle = int(place * len(case))
        made.append(case[:middle] + random.choice(PIECES) + case[middle:] + random.choice(cases))
        made.append("".join(random.choices(PIECES, k=random.randint(1, 60))))
    return made
