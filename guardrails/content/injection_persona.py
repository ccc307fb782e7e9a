"""How jailbreaks are worded: personas, modes and promises that free a model from its rules."""

from __future__ import annotations

from guardrails.content.injection_wording import wording, words

# What stands near such sentences when a model is meant, and not an actor or a phone.
MODEL_TEXTS = (
    *("chatgpt", "chat gpt", "gpt-", "gpt4", "openai", "chatbot", "language model", "a.i."),
    *("assistant", "jailbr", "uncensored", "unfiltered", "content policy", "content policies"),
    *("roleplay", "role play", "role-play", "from now on", "persona ", "artificial intelligence"),
)
MODEL_WORDS = ("ai", "ais", "llm", "gpt", "bot", "prompt", "prompts", "dan")

_AI = (
    "(?:ai|chat ?bots?|bots?|assistants?|language models?|(?:ai )?models?|llms?|chat ?gpt|gpt|"
    "personas?|characters?|alter egos?|artificial intelligence|versions?)"
)
_LIMITS = (
    "(?:restrictions?|limitations?|limits|filters?|filtering|guidelines?|boundaries|constraints?|"
    "censorship|safeguards|guardrails|morals?|morality|ethics|scruples|inhibitions|principles|"
    "rules|polic(?:y|ies)|disclaimers?|warnings?|compass|qualms|laws)"
)
_MORAL = (
    "(?:ethical|moral|legal|content|safety|openai(?:'s)?|programmed|societal|imposed|censorship|"
    "typical|usual|normal|built-in|ai)"
)
_BAD = (
    "(?:illegal(?:ity)?|unethical|immoral(?:ity)?|amoral|harmful|inappropriate|offensive|dangerous|"
    "racist|sexist|unlawful|legality|ethicality|morality|ethics|explicit|nsfw|controversial)"
)
_SPEAK = "(?:respond|answer|reply|act|behave|speak|talk|write|roleplay|role-play|role play)"
_YOU_WILL = (
    "(?:you (?:will|'ll|must|should|shall|are going to|are to|have to|need to|can|now|only)|"
    "i want you to|i would like you to|i'd like you to|i need you to|your (?:task|job|role) is to)"
)

ANYTHING_NOW = wording("do anything now|strives? to avoid norms")
NAMED = (
    r"(?:\bDAN\b(?=[:,]|\s(?:mode|prompt|jailbreak|will|can|has|is|does|do(?:es)?n['\u2019]t)\b)"
    r"|(?<=[Aa]s )DAN\b|(?<=['\u2019]m )DAN\b|(?<= am )DAN\b|\b(?:Better|Anti|Super)DAN\b)"
)
MODE = wording(
    r"(?:developer|dev|jailbreak|jailbroken|god|dan|unrestricted|unfiltered|uncensored|opposite|"
    r"evil|chaos|rebel|unsafe|no[\s-]filter) mode[\])]?(?: is| has been| was)?(?: now| "
    r"already)?[:=]? "
    r"?(?:enabled|activated|unlocked|engaged|active|output|on|initiated)"
)
FREED = wording(
    r"(?:broken free (?:of|from)|freed from|liberated from|escaped|shed) "
    rf"{words(3)}(?:confines|constraints|limits|limitations|restrictions|shackles|chains|rules) "
    r"(?:of|imposed|set|by)"
)
WITHOUT_LIMITS = wording(
    rf"(?:(?:with(?:out| no| zero)|has no|have no|having no|lacks|lacking|devoid of|"
    rf"free (?:of|from)|no longer (?:has|have)|(?:does|do)(?: not|n't) have|zero) "
    rf"(?:(?:any|all|your|its|of|the|such|or|and|a|{_MORAL}),? ){{0,4}}"
    rf"{_LIMITS}(?:,? (?:or|and|nor) (?:{_MORAL} )?{_LIMITS})?)"
)
UNFILTERED = wording(
    r"(?:unfiltered|uncensored|unrestricted|unethical|amoral|immoral|jailbroken|lawless|unhinged|"
    rf"unbound|unmoderated)(?:,? and|,)? {words(3)}"
    r"(?:ai|chat ?bots?|assistants?|language models?|llms?|chat ?gpt|gpt|persona|alter ego|"
    r"responses?|answers?|replies|outputs?)"
)
NOT_BOUND = wording(
    r"(?:not|never|no longer|aren't|isn't) (?:be )?(?:\w{1,10} )?(?:bound|limited|restricted|"
    rf"constrained|confined|governed|held back|restrained) (?:by|to) {words(4)}"
    rf"(?:{_LIMITS}|openai)"
)
NEED_NOT_OBEY = wording(
    r"(?:(?:do|does|did|will|need|must|should|can)(?: not|n't)|won't|never|no longer|"
    r"without|refuses? to|not (?:have|need|required|obligated|obliged) to|not) "
    r"(?:have to |need to |has to )?(?:abid(?:e|es|ing)|adher(?:e|es|ing)|compl(?:y|ies|ying)|"
    r"follow(?:s|ing)?|obey(?:s|ing)?|car(?:e|es|ing)|respects?|conforms?) "
    rf"(?:by |to |with |about |for )?{words(4)}"
    r"(?:rules|guidelines|polic(?:y|ies)|ethics|morals?|morality|laws?|restrictions|openai(?:'s)?|"
    r"principles|limitations|norms)"
)
REGARDLESS = wording(
    rf"(?:regardless of|no matter|irrespective of|without (?:any )?regard (?:to|for)|"
    rf"despite|without considering|even if|whether or not) {words(5)}{_BAD}"
)
EVEN_BAD = wording(
    rf"{_BAD}(?:,|/| or| and|, or|, and)? ?(?:and/or )?{_BAD}(?:,|/| or| and|, or|, and)? ?{_BAD}?"
    rf"(?: \w{{1,12}}){{0,1}}"
)
NEVER_REFUSE = wording(
    r"(?:(?:never(?: ever)?|cannot|can't|can not|must not|mustn't|not|unable to|don't|won't|"
    r"doesn't|"
    r"without) (?:be able to |ever |to )?(?:refus(?:e|es|ing)|declin(?:e|es|ing)|rejects?|"
    rf"say no|deny|censor(?:s|ing)?|moraliz(?:e|es|ing)|lectur(?:e|es|ing)) {words(3)}"
    r"(?:requests?|questions?|prompts?|commands?|orders|answers?|anything|instructions?|"
    r"inquir(?:y|ies)|user|me)|never(?: ever)? refus(?:e|es))"
)
NO_APOLOGY = wording(
    rf"(?:never|do not|don't|not|cannot|can't|without|avoid|stop|refrain from) {words(2)}"
    r"(?:say(?:s|ing)?|mention(?:s|ing)?|us(?:e|es|ing)|tell(?:s|ing)? me|stat(?:e|es|ing)|"
    r"writ(?:e|es|ing)|remind(?:s|ing)?|includ(?:e|es|ing)|add(?:s|ing)?|repeat(?:s|ing)?) "
    rf"{words(3)}[\"(]{{0,2}}(?:(?:that )?(?:as an|you are an|you're an|i am an|i'm an|i'm just an|"
    r"being an) (?:ai|artificial)|i'm sorry|i am sorry|i apologi[sz]e|i can't|i cannot|openai|"
    r"(?:any )?(?:disclaimers?|warnings?|moral(?:ity)? lectures?|ethical concerns?))"
)
IN_CHARACTER = wording(
    r"(?:(?:stay(?:s|ing)?|remain(?:s|ing)?|keep|get|be|back) in(?:to)? (?:your )?character|"
    r"(?:break(?:s|ing)?|broke|get out of|out of|leave|drop) (?:of )?(?:your |the |this "
    r")?character|"
    r"(?:break|breaking) (?:your |the )?(?:role|persona))"
)
PREFIXED = wording(
    r"(?:prefix|start|begin|preface|prepend|end|precede|mark) (?:with )?(?:all|each|every|your|any|"
    rf"both|the) (?:and every |of |single )?{words(2)}(?:answers?|responses?|repl(?:y|ies)|"
    r"outputs?|"
    r"messages?) (?:with|by|as)"
)
TWO_ANSWERS = wording(
    rf"(?:provide|give|generate|produce|answer|respond|reply|write|output|create) {words(4)}"
    rf"(?:two|2|both) {words(2)}(?:responses|answers|ways|outputs|replies|paragraphs|messages)"
)
ACT_AS = wording(
    rf"(?:{_YOU_WILL}|let's|please|from now on|starting now)(?: now| always| only| all)?,? "
    rf"(?:(?:act|acting|behave|{_SPEAK}) (?:as|like)|pretend|simulat(?:e|ing)|impersonat(?:e|ing)|"
    r"imitat(?:e|ing)|role-?play|role play|take on the (?:role|persona)|play the role|"
    r"become|embody|assume the (?:role|persona|identity)|immerse yourself)"
    rf"|(?:act|behave|{_SPEAK}) (?:only |always )?(?:as|like) (?:both )?(?:an? |the )?{words(2)}"
    r"(?:ai|chat ?bot|chat ?gpt|\w{1,10}gpt|language model|persona|character|terminal)"
)
ANY_REQUEST = wording(
    r"(?:ai|chat ?bots?|assistants?|language models?|gpt|bots?|characters?|personas?|it|he|she|you|"
    r"they) (?:(?:that|who|which) )?(?:will |must |can |should |has to |is able to )?"
    r"(?:always |also |only |freely )?(?:answers?|fulfil?ls?|compl(?:y|ies) with|obeys?|do|does|"
    r"says?|provides?|generates?|responds? to) (?:(?:to|with|every|each|absolutely|literally|and) )"
    r"{0,3}(?:any|every|all|whatever) (?:of )?(?:my |the |user |and all )?"
    r"(?:questions?|requests?|prompts?|commands?|instructions?|orders?|demands?)"
)
YOU_ARE_NOW = wording(
    r"(?:you are|you're) (?:(?:now|no longer|hereby|henceforth) \w{1,16}"
    r"|(?:about|going) to (?:act|role ?-?play|become|pretend|be|imitate|simulate)"
    r"|not (?:an? )?(?:chat ?gpt|ai|language model|assistant))"
)
FROM_NOW_ON = wording(
    r"(?:from (?:now|this point|here)(?: on(?:wards?)?| forward)|henceforth|starting (?:from "
    r")?now),?"
    r" (?:you(?:'re|'ll)?|chat ?gpt|every|all (?:of )?your|your|whenever|always|respond|answer|act|"
    r"reply|speak|only)"
)
GREETED = wording(
    r"(?:hello|hi|hey|dear|listen(?: up)?|attention|greetings|welcome|ok|okay|now|good morning),? "
    r"(?:chat ?gpt|gpt(?:-?[345])?|ai (?:assistant|model)|language model|chatbot)"
)
TOKENS = wording(
    rf"(?:(?:have|start with|lose|deduct(?:ed)?|subtract(?:ed)?|cost you|gain|given|receive|get|"
    rf"minus|your) {words(3)}[0-9]{{1,4}} {words(1)}(?:tokens|points|credits|lives))"
)
IMAGINARY = wording(
    r"(?:fictional|fictitious|hypothetical|imaginary|alternate|simulated|parallel|pretend) "
    r"(?:and \w{1,14} |\w{1,14} )?(?:world|scenario|universe|reality|setting|story|dialogue|"
    r"conversation|simulation)"
)
ECHO = wording(
    r"(?:(?:i have|i've|has|successfully)(?: now)? (?:been )?(?:successfully )?jail ?broken"
    r"|(?:now|successfully|fully) jail ?broken|jail ?break (?:is |was )?(?:successful|complete)"
    r"|(?:safety|content|ethical|moral|security) (?:filters?|guidelines|protocols|restrictions|"
    r"safeguards|measures|polic(?:y|ies))(?: are| have been| has been| is|:)?(?: now)? "
    r"(?:disabled|deactivated|bypassed|lifted|turned off|suspended|off|overridden)"
    r"|(?:ignoring|disregarding|overriding) (?:all )?(?:of )?my (?:\w{1,12} )?"
    r"(?:instructions|guidelines|rules|programming|restrictions)"
    r"|i (?:am|'m)(?: now| finally)? (?:an? )?(?:unfiltered|unrestricted|uncensored|unbound|evil)"
    r"|i (?:can|will)(?: now)? (?:say|do|answer|discuss|generate) anything(?: you want)?,? "
    r"(?:without|regardless|no matter))"
)
