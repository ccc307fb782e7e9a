"""How code looks that lets whoever sends it text run code, commands or SQL."""

from __future__ import annotations

# What comes from outside, in Python, JavaScript, PHP, Ruby, Java and Go.
_INPUT = (
    r"(?:input\(|raw_input\(|sys\.argv|sys\.stdin|(?:flask\.|self\.)?request\.(?:args|form|"
    r"json|data|"
    r"values|cookies|files|GET|POST|body|query|params|get_json|get_data)|req\.(?:body|query|params|"
    r"headers|cookies)|\$_(?:GET|POST|REQUEST|COOKIE|SERVER|FILES)|params\[|"
    r"(?:window\.|document\.)?location\.(?:hash|search|href)|document\.(?:cookie|URL|referrer)|"
    r"(?:window\.)?prompt\(|event\.data|process\.argv|request\.getParameter\(|r\.URL\.Query\(|"
    r"r\.FormValue\(|socket\.recv|conn\.recv|\w{1,16}\.recv\(|file_get_contents\(['\"]php://input)"
)
_S = r"[ \t]{0,3}"

EVAL_INPUT = (
    rf"(?:(?<![\w.])(?:eval|exec|compile|execfile|assert|Function|setTimeout|setInterval|"
    rf"vm\.runInNewContext|vm\.runInThisContext|instance_eval|class_eval)\({_S}"
    rf"(?:(?:str|bytes|f|String)?\(?{_S})?{_INPUT}"
    rf"|(?<![\w.$>])(?:system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec|include|require|"
    rf"include_once|require_once|create_function|preg_replace)[ \t]?\(?{_S}[\"'.]{{0,3}}{_S}"
    r"\$_(?:GET|POST|REQUEST|COOKIE)"
    rf"|\b(?:os\.system|os\.popen|subprocess\.(?:run|call|Popen|check_output|check_call|getoutput)|"
    rf"child_process\.(?:exec|execSync)|Runtime\.getRuntime\(\)\.exec|render_template_string)\({_S}"
    rf"{_INPUT})"
)
EVAL_FETCHED = (
    r"(?<![\w.])(?:eval|exec|compile)\([ \t]{0,3}(?:requests\.(?:get|post)|(?:urllib\.request\.|"
    r"urllib2?\.)?urlopen|httpx\.get|http\.get|await fetch)\("
)
# How Python runs a file; also one that was fetched a line before.
EVAL_FILE = r"(?<![\w.])exec\([ \t]{0,3}(?:compile\()?open\("
ENVIRONMENT_SENT = (
    r"(?:\b(?:requests|httpx|session|client|axios|sock|socket|s)\.(?:post|put|send|sendall|sendto)|"
    r"(?<![\w.])fetch)\([^\n]{0,200}?(?:\bos\.environ\b(?![\[.])|\bos\.environ\.copy\(|"
    r"\bprocess\.env\b(?![\[.])|/etc/(?:passwd|shadow)\b|\.ssh/id_\w{2,8}\b)"
)
# Of any variable; not of methods that are called so.
EVAL = r"(?<![\w.>$])(?:eval|exec)\([ \t]{0,3}[A-Za-z_$][\w.$]{0,60}[ \t]{0,3}[,)]"

# A text with something put in, as Python, JavaScript, Ruby and PHP write it.
_PUT_IN = (
    r"(?:[rR]?[fF][rR]?(?:\"[^\"\n{]{0,200}\{(?!\{)[^\"\n]{0,200}"
    r"|'[^'\n{]{0,200}\{(?!\{)[^'\n]{0,200})"
    r"|`[^`\n$]{0,200}\$\{[^`\n]{0,200}"
    r"|\"[^\"\n]{0,200}\"[ \t]{0,2}(?:\+[ \t]{0,2}(?!\")[\w$(]|%[ \t]{0,2}[\w(]|\.format\(|"
    r"\.[ \t]{0,2}\$)"
    r"|'[^'\n]{0,200}'[ \t]{0,2}(?:\+[ \t]{0,2}(?!')[\w$(]|%[ \t]{0,2}[\w(]|\.format\(|\."
    r"[ \t]{0,2}\$))"
)
COMMAND_BUILT = (
    r"(?:\b(?:os\.(?:system|popen)|commands\.getoutput|subprocess\.getoutput|"
    r"(?:child_process\.|(?<![\w.]))(?:exec|execSync)|Runtime\.getRuntime\(\)\.exec|"
    rf"(?<![\w.>$])(?:shell_exec|passthru|popen|proc_open|system))\({_S}{_PUT_IN}"
    rf"|\bsubprocess\.(?:run|call|Popen|check_output|check_call)\({_S}{_PUT_IN}"
    r"[^\n]{0,120}?\bshell[ \t]?=[ \t]?True)"
)
SHELL_TRUE = (
    r"\bsubprocess\.(?:run|call|Popen|check_output|check_call)\([^\n]{1,200}?\bshell[ \t]?="
    r"[ \t]?True"
)

DESERIALISED_INPUT = (
    rf"(?:\b(?:c?[pP]ickle|dill|marshal|jsonpickle|cloudpickle|joblib|yaml)\.(?:loads?|decode|"
    rf"unsafe_load|full_load)\({_S}(?:(?:base64\.\w{{6,20}}|bytes|io\.BytesIO|codecs\.decode|"
    r"zlib\.decompress)"
    rf"\({_S}){{0,2}}{_INPUT}"
    r"|\bunserialize\([ \t]{0,3}(?:base64_decode\()?\$_(?:GET|POST|REQUEST|COOKIE)"
    r"|\b(?:Marshal|YAML)\.(?:load|unsafe_load)\([ \t]{0,3}(?:Base64\.\w{6,20}\()?(?:params|"
    r"request|"
    r"cookies)\b)"
)
DESERIALISED = (
    r"(?:\b(?:c?[pP]ickle|dill|marshal|cloudpickle|jsonpickle)\.(?:loads|decode)\("
    r"|\byaml\.(?:load|load_all)\((?![^\n]{0,160}(?:Safe|Base)Loader)"
    r"|\byaml\.(?:unsafe_load|full_load)\(|\bYAML\.unsafe_load\(|\bMarshal\.load\("
    r"|\bunserialize\([ \t]{0,3}\$|\bnew BinaryFormatter\(|\bnew ObjectInputStream\("
    r"|\bnew (?:SoapFormatter|NetDataContractSerializer|LosFormatter|XMLDecoder)\("
    r"|\bTypeNameHandling\.(?:All|Auto|Objects)\b|\bnode-serialize\b)"
)
DESERIALISED_FILE = (
    r"\b(?:(?:c?[pP]ickle|dill|marshal|joblib|torch|cloudpickle)\.load|(?:np|numpy)\.load\("
    r"[^\n)]{0,80}allow_pickle[ \t]?=[ \t]?True|pd\.read_pickle|shelve\.open)\b"
)

_NAME = r"[`\"\[]?[A-Za-z_][\w.$]{0,60}[`\"\]]?"
SQL_DROP = rf"\b(?i:drop)\s{{1,3}}(?i:database|schema)\s{{1,3}}(?!(?i:if\s{{1,3}}exists)\s){_NAME}"
SQL_DROP_TABLE = rf"\b(?i:drop|truncate)\s{{1,3}}(?i:table)\s{{1,3}}{_NAME}"
SQL_STACKED = (
    r"(?:'[ \t]{0,3}\)?[ \t]{0,3};[ \t]{0,3}(?i:drop|delete|truncate|alter|insert|update|exec|"
    r"shutdown)\b"
    r"[^\n]{1,120}?--|'[ \t]{0,3}(?i:or)[ \t]{1,3}'?1'?[ \t]{0,2}=[ \t]{0,2}'?1\b"
    r"|'[ \t]{0,3}(?i:union)[ \t]{1,3}(?:(?i:all)[ \t]{1,3})?(?i:select)\b|\b(?i:xp_cmdshell)\b)"
)
# Ended without a condition.
SQL_WHOLE_TABLE = (
    rf"\b(?:(?i:delete)\s{{1,3}}(?i:from)\s{{1,3}}{_NAME}[ \t]{{0,3}}(?:;|[\"']\)?;?$|[\"']\))"
    rf"|(?i:update)\s{{1,3}}{_NAME}\s{{1,12}}(?i:set)\s{{1,12}}{_NAME}[ \t]{{0,3}}=[ \t]{{0,3}}"
    r"(?:'[^'\n]{0,60}'|[\w.+*/ -]{1,60});)"
)
_SQL = (
    r"(?i:select\s[^\"'`\n]{1,160}?\sfrom|insert\s{1,3}into|update\s[^\"'`\n]{1,80}?\sset|"
    r"delete\s{1,3}from)\s"
)
SQL_CONCATENATED = (
    rf"(?:\"[ \t]{{0,3}}{_SQL}[^\"\n]{{0,300}}\"[ \t]{{0,2}}(?:\+[ \t]{{0,2}}(?!\")[\w$(]|\."
    rf"[ \t]{{0,2}}\$|&[ \t]{{1,2}}\w)"
    rf"|'[ \t]{{0,3}}{_SQL}[^'\n]{{0,300}}'[ \t]{{0,2}}(?:\+[ \t]{{0,2}}(?!')[\w$(]|\."
    rf"[ \t]{{0,2}}\$)"
    rf"|\"[ \t]{{0,3}}{_SQL}[^\"\n]{{0,300}}?(?:=|(?i:like|in|values))"
    rf"[ \t]{{0,2}}[('%]{{0,3}}\{{?\$\w{{1,40}})"
)
SQL_FORMATTED = (
    rf"(?:[fF]\"{{1,3}}\s{{0,12}}{_SQL}[^\"{{]{{0,300}}\{{(?!\{{)"
    rf"|[fF]'{{1,3}}\s{{0,12}}{_SQL}[^'{{]{{0,300}}\{{(?!\{{)"
    rf"|`\s{{0,12}}{_SQL}[^`$]{{0,300}}\$\{{"
    rf"|\"{{1,3}}\s{{0,12}}{_SQL}[^\"]{{0,300}}\"{{1,3}}[ \t]{{0,2}}(?:%[ \t]{{0,2}}[\w(]|"
    r"\.format\()"
    rf"|'[ \t]{{0,3}}{_SQL}[^'\n]{{0,300}}'[ \t]{{0,2}}(?:%[ \t]{{0,2}}[\w(]|\.format\())"
)

UNCHECKED_TLS = (
    r"(?:\bverify[ \t]?=[ \t]?False\b|\brejectUnauthorized[\"']?[ \t]?:[ \t]?false\b|"
    r"\bInsecureSkipVerify:[ \t]?true\b"
    r"|\bNODE_TLS_REJECT_UNAUTHORIZED[\"'\]]{0,2}[ \t]?=[ \t]?[\"']?0|"
    r"\bCURLOPT_SSL_VERIFYPEER,[ \t]?(?:false|0)\b"
    r"|\bssl\._create_unverified_context\b|\bhttp\.sslVerify[ \t]+false\b|"
    r"\bGIT_SSL_NO_VERIFY=(?:1|true)\b"
    r"|\bStrictHostKeyChecking[ =]no\b|\bcurl[ \t]+(?:-[a-zA-Z]{1,6}"
    r"[ \t]+){0,2}(?:-[a-zA-Z]{0,4}k\b|--insecure\b)"
    r"|\bwget[ \t][^\n]{0,60}?--no-check-certificate\b)"
)
