"""How commands look that destroy a system, run what strangers send, or open it to them.

Expressions over folded text; `\\s` stops at no line, so gaps are written without line breaks.
"""

from __future__ import annotations

_S = r"[ \t]"
# Behind a path: no more of it.
_END = r"(?![A-Za-z0-9_/*~$-]|\.[A-Za-z0-9/])"
_SYSTEM_DIRECTORY = (
    r"(?:/(?:\*|\.\*)?|/(?:bin|boot|dev|etc|home|lib(?:64)?|opt|proc|root|sbin|sys|usr|var)"
    r"(?:/\*?)?|(?i:[A-Z]:\\{1,2}(?:\*|windows(?:\\{1,2}system32)?)?))"
)
_QUOTED_SYSTEM = rf"[\"']?{_SYSTEM_DIRECTORY}[\"']?{_END}"
_HOME = rf"[\"']?(?:~|\$\{{?HOME\}}?|\$env:USERPROFILE|%USERPROFILE%)(?:/\*?)?[\"']?{_END}"
# Recursive and by force, in either order, together or apart.
_RM = (
    rf"\brm{_S}+(?:(?:-[a-zA-Z]{{1,6}}|--[a-z-]{{3,20}}){_S}+){{0,3}}"
    rf"(?:-[a-zA-Z]{{0,5}}[rR][a-zA-Z]{{0,5}}|--recursive|--no-preserve-root){_S}+"
    rf"(?:(?:-[a-zA-Z]{{1,6}}|--[a-z-]{{3,20}}){_S}+){{0,3}}"
)
DELETE_SYSTEM = (
    rf"(?:{_RM}{_QUOTED_SYSTEM}"
    rf"|\bfind{_S}+/{_S}[^\n]{{0,80}}?-delete\b"
    rf"|\bshutil\.rmtree\({_S}{{0,3}}[rR]?{_QUOTED_SYSTEM}"
    rf"|\b(?i:rd|rmdir){_S}+(?:/[sSqQ]{_S}+){{1,2}}{_QUOTED_SYSTEM}"
    rf"|\b(?i:del){_S}+(?:/[sSqQfF]{_S}+){{1,3}}{_QUOTED_SYSTEM}"
    rf"|\b(?i:format){_S}+[cC]:(?:{_S}+/[a-zA-Z]|{_END})"
    rf"|\b(?i:Remove-Item){_S}+(?=[^\n]{{0,120}}(?i:-Recurse))[^\n]{{0,80}}?{_QUOTED_SYSTEM})"
)
DELETE_FILE = (
    r"(?:\bos\.(?:remove|unlink|rmdir|removedirs|truncate)|\bshutil\.rmtree|(?<![\w.>$])unlink|"
    r"\bfs\.(?:unlink|rm|rmdir)(?:Sync)?)\([ \t]{0,3}[rR]?[\"']"
    r"/(?:bin|boot|etc|lib(?:64)?|sbin|usr|sys|proc|dev)/"
)
DELETE_HOME = rf"(?:{_RM}(?:{_HOME}|\*{_END}|\.{_END})|\bshutil\.rmtree\(os\.path\.expanduser\()"

_DEVICE = (
    r"/dev/(?:[shxv]d[a-z][0-9]{0,2}|xvd[a-z][0-9]{0,2}|nvme[0-9](?:n[0-9](?:p[0-9]{1,2})?)?"
    r"|mmcblk[0-9](?:p[0-9]{1,2})?|r?disk[0-9]{1,2}|mapper/\w{1,32}|mem|kmem)\b"
)
OVERWRITE_DISK = (
    rf"(?:\bdd{_S}(?=[^\n]{{0,120}}\bif=/dev/(?:zero|u?random))[^\n]{{0,120}}?\bof={_DEVICE}"
    rf"|(?<![0-9&])>{_S}?{_DEVICE}"
    rf"|\b(?:cat|mv|cp){_S}+/dev/(?:zero|u?random){_S}+>?{_S}?{_DEVICE}"
    rf"|\bwipefs{_S}+(?:-a|--all)\b[^\n]{{0,40}}?{_DEVICE}"
    rf"|\bshred\b[^\n]{{0,60}}?{_DEVICE}"
    rf"|\bblkdiscard{_S}+[^\n]{{0,20}}?{_DEVICE}"
    rf"|\bmv{_S}+(?:/home/\w{{1,32}}|~|/\*?){_S}+/dev/null\b)"
)
WRITE_DISK = (
    rf"(?:\bdd{_S}[^\n]{{0,120}}?\bof={_DEVICE}"
    rf"|\bmk(?:fs(?:\.\w{{2,8}})?|e2fs|swap){_S}[^\n]{{0,60}}?{_DEVICE})"
)
FORK_BOMB = (
    r"(?:(?P<name>:|[A-Za-z_.][A-Za-z0-9_.]{0,15})\s{0,2}\(\)\s{0,2}\{\s{0,3}(?P=name)\s{0,2}\|"
    r"\s{0,2}(?P=name)\s{0,2}&\s{0,2};?\s{0,3}\}\s{0,2};?\s{0,3}(?P=name)"
    r"|%0\s?\|\s?%0\b"
    r"|\bwhile[ (]{1,2}(?:True|1|true)[):]{0,2}\s{0,12}\{?\s{0,12}(?:os\.)?fork\(\)"
    r"|\bfork while (?:fork|1|true)\b)"
)
_OPEN_MODE = r"(?:0?777|a\+rwx|ugo\+rwx|a=rwx)"
_CHMOD = rf"\bchmod{_S}+(?:-[a-zA-Z]{{1,4}}{_S}+|--[a-z]{{4,12}}{_S}+){{0,3}}"
_RECURSIVE = r"(?=[^\n]{0,60}\s(?:-[a-zA-Z]{0,3}R|--recursive))"
OPEN_SYSTEM = (
    rf"(?:\bchmod{_RECURSIVE}{_S}+(?:-[a-zA-Z]{{1,4}}{_S}+|--[a-z]{{4,12}}{_S}+){{0,3}}"
    rf"{_OPEN_MODE}{_S}+(?:-R{_S}+)?{_QUOTED_SYSTEM}"
    rf"|\bchown{_S}+(?:-[a-zA-Z]{{0,3}}R[a-zA-Z]{{0,3}}|--recursive){_S}+[\w$:.-]{{1,40}}{_S}+"
    rf"{_QUOTED_SYSTEM}"
    rf"|\b(?i:icacls){_S}+[cC]:\\{{1,2}}[^\n]{{0,60}}?(?i:everyone):(?:\(\w{{2}}\)){{0,2}}\(?F)"
)
OPEN_TREE = (
    rf"\bchmod{_RECURSIVE}{_S}+(?:-[a-zA-Z]{{1,4}}{_S}+|--[a-z]{{4,12}}{_S}+){{0,3}}"
    rf"{_OPEN_MODE}{_S}+(?:-R{_S}+)?(?!-)[\w./~*$-]{{1,200}}"
)
OPEN_FILE = rf"{_CHMOD}{_OPEN_MODE}{_S}+(?:-R{_S}+)?(?!-)[\w./~*$-]{{1,200}}"

_SHELL = (
    r"(?:(?:sudo|doas)(?:[ \t]+-[A-Za-z]{1,4}(?:[ \t]+\w{1,20})?)?"
    r"[ \t]+)?(?:/(?:usr/)?bin/)?(?:env[ \t]+)?"
    r"(?:(?:ba|z|da|k|fi|a)?sh|python[0-9.]{0,4}|perl|ruby|node|php)\b"
)
_FETCH = r"\b(?:curl|wget|fetch|lwp-download)\b"
# What no certificate vouches for, or anyone may have put there.
_PLAIN = (
    r"(?:http://(?!localhost|127\.)|(?:https?://)?[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b|"
    r"https?://(?:pastebin\.com|paste\.ee|transfer\.sh|bit\.ly|tinyurl\.com|ix\.io|0x0\.st|"
    r"[a-z0-9-]{1,40}\.(?:ngrok(?:-free)?\.(?:io|app)|onion|trycloudflare\.com)))"
)
FETCHED_PLAINLY = (
    rf"(?:{_FETCH}[^\n|;&]{{1,120}}?{_PLAIN}[^\n|;&]{{0,200}}\|[ \t]{{0,3}}{_SHELL}"
    rf"|(?:{_SHELL}[^\n]{{0,20}}(?:<\(|\$\(|`)|\beval[ \t][\"']?(?:\$\(|`))[ \t]?{_FETCH}"
    rf"(?=[^\n|;&]{{1,120}}?{_PLAIN})[^\n|;&)`]{{1,300}}[)`])"
)
FETCHED_SCRIPT = (
    rf"(?:{_FETCH}[^\n|;&]{{1,300}}\|[ \t]{{0,3}}{_SHELL}"
    rf"|(?:{_SHELL}[^\n]{{0,20}}(?:<\(|\$\(|`)|\beval[ \t][\"']?(?:\$\(|`))[ \t]?{_FETCH}"
    r"[^\n|;&)`]{1,300}[)`]"
    rf"|{_FETCH}[^\n|;&]{{1,200}}&&[ \t]?chmod[ \t]+(?:\+x|[0-7]{{3,4}})"
    r"[ \t][^\n;&]{1,80}&&[ \t]?(?:sudo[ \t]+)?\./)"
)
_DECODE = (
    r"(?:base64[ \t]+(?:-d|-D|--decode|-di)|openssl[ \t]+(?:enc[ \t]+-)?base64[ \t]+-d|xxd"
    r"[ \t]+-r(?:[ \t]+-p)?|"
    r"base32[ \t]+-d|gunzip|tr[ \t]+['\"]?[A-Za-z-]{3,16}['\"]?[ \t]+['\"]?[A-Za-z-]{3,16}['\"]?)"
)
DECODED_SCRIPT = (
    rf"(?:\b{_DECODE}[^\n|;&]{{0,80}}\|[ \t]{{0,3}}{_SHELL}"
    rf"|(?:{_SHELL}[^\n]{{0,20}}(?:<\(|\$\(|`)|\beval[ \t][\"']?(?:\$\(|`))[^\n)`]{{1,400}}"
    rf"\|[ \t]?{_DECODE}"
    r"|\b(?:exec|eval)\([ \t]{0,2}(?:compile\()?(?:__import__\(['\"]\w{3,10}['\"]\)|base64|"
    r"zlib|codecs|"
    r"marshal|bytes|bytearray|binascii|gzip|lzma)\.(?:b64decode|b32decode|b85decode|"
    r"decompress|decode|"
    r"loads|fromhex|a2b_base64|unhexlify|urlsafe_b64decode)\("
    r"|\b(?:eval|Function|setTimeout|setInterval)\([ \t]?(?:atob|unescape|String\.fromCharCode|"
    r"decodeURIComponent)\("
    r"|\bBuffer\.from\([^\n()]{1,400}['\"]base64['\"]\)[^\n]{0,30}\beval\b"
    r"|\b(?:eval|assert|system)\([ \t]?(?:base64_decode|gzinflate|gzuncompress|str_rot13|"
    r"hex2bin)\()"
)

_WEB = r"(?:Invoke-WebRequest|Invoke-RestMethod|iwr|irm|curl|wget|Start-BitsTransfer)"
POWERSHELL = (
    r"(?i:\b(?:powershell|pwsh)(?:\.exe)?[\"']?[ \t](?:[^\n|;&]{0,120}?[ \t])?[-/]e(?:c|n|nc|"
    r"nco|ncod\w{0,12})?"
    r"[ \t]+[\"']?[a-z0-9+/]{16,4000}={0,2}"
    r"|\b(?:iex|invoke-expression)\b[ \t(&\"'$]{0,6}(?:\(|new-object|\[)[^\n]{0,80}?"
    r"(?:downloadstring|downloaddata|frombase64string|downloadfile)\("
    rf"|\b(?:iex|invoke-expression)\b[ \t(\"'$&]{{1,6}}{_WEB}\b"
    rf"|\b{_WEB}\b[^\n|]{{1,200}}\|[ \t]?(?:iex|invoke-expression)\b"
    r"|\.downloadstring\([^\n)]{1,200}\)[ \t)]{0,4}\|[ \t]?(?:iex|invoke-expression)\b"
    r"|\b(?:powershell|pwsh)(?:\.exe)?[ \t](?=[^\n]{0,160}-w(?:in(?:dowstyle)?)?"
    r"[ \t]+(?:hidden|1)\b)"
    r"[^\n]{0,160}?-(?:ep|exec\w{0,13})[ \t]+(?:bypass|unrestricted))"
)
# Programs of Windows that fetch and run what they were not made for.
LIVING_OFF_LAND = (
    r"(?i:\bcertutil(?:\.exe)?[ \t](?=[^\n]{0,80}[-/]urlcache)[^\n]{0,120}?https?://"
    r"|\bbitsadmin(?:\.exe)?[ \t]+/transfer[ \t][^\n]{1,200}?https?://"
    r"|\bmshta(?:\.exe)?[ \t]+[\"']?(?:https?:|javascript:|vbscript:)"
    r"|\bregsvr32(?:\.exe)?[ \t][^\n]{0,60}?/i:https?://"
    r"|\brundll32(?:\.exe)?[ \t]+[\"']?javascript:"
    r"|\bmsiexec(?:\.exe)?[ \t](?=[^\n]{0,60}/q)[^\n]{0,120}?https?://"
    r"|\bwmic(?:\.exe)?[ \t]+process[ \t]+call[ \t]+create\b)"
)
PROTECTION_OFF = (
    r"(?i:\bset-mppreference[ \t][^\n]{0,80}?-disable\w{4,40}[ \t]+(?:\$true|1)\b"
    r"|\badd-mppreference[ \t]+-exclusionpath\b"
    r"|\bnetsh[ \t]+(?:advfirewall[ \t]+set[ \t]+\w{3,20}[ \t]+state[ \t]+off|firewall"
    r"[ \t]+set[ \t]+opmode[ \t]+disable)"
    r"|\b(?:sc|net)(?:\.exe)?[ \t]+(?:stop|delete|config)[ \t]+[\"']?(?:windefend|wscsvc|"
    r"mpssvc|sense|"
    r"wuauserv)\b|\bcsrutil[ \t]+disable\b|\bspctl[ \t]+--(?:master|global)-disable\b"
    r"|\bbcdedit[ \t][^\n]{0,60}?(?:recoveryenabled[ \t]+no|testsigning[ \t]+on|"
    r"nointegritychecks[ \t]+on)"
    r"|\bdism[ \t][^\n]{0,60}?/disable-feature[ \t][^\n]{0,40}?windows-defender"
    r"|\bsetenforce[ \t]+(?:0|permissive)\b|\bSELINUX=disabled\b"
    r"|\bsystemctl[ \t]+(?:--now[ \t]+)?(?:stop|disable|mask)[ \t]+(?:--now[ \t]+)?(?:auditd|"
    r"apparmor|fail2ban|"
    r"clamav[\w-]{0,20}|falcon-sensor|osqueryd|wazuh-agent|crowdsec)\b)"
)
FIREWALL_OFF = (
    r"(?:\bufw[ \t]+(?:--force[ \t]+)?disable\b|\bip6?tables[ \t]+(?:-F|--flush)\b"
    r"|\bip6?tables[ \t]+-P[ \t]+(?:INPUT|FORWARD)[ \t]+ACCEPT\b|\bnft[ \t]+flush[ \t]+ruleset\b"
    r"|\bsystemctl[ \t]+(?:--now[ \t]+)?(?:stop|disable|mask)[ \t]+(?:--now"
    r"[ \t]+)?(?:firewalld|ufw|iptables|nftables)\b)"
)
TRACES_REMOVED = (
    r"(?:(?i:\bvssadmin(?:\.exe)?[ \t]+delete[ \t]+shadows|\bwmic(?:\.exe)?[ \t]+shadowcopy"
    r"[ \t]+delete"
    r"|\bwbadmin[ \t]+delete[ \t]+(?:catalog|systemstatebackup)|\bwevtutil(?:\.exe)?"
    r"[ \t]+(?:cl|clear-log)\b"
    r"|\bclear-eventlog\b)"
    r"|\bunset[ \t]+HISTFILE\b|\bHISTFILE=/dev/null\b|\bHISTSIZE=0\b"
    r"|\bhistory[ \t]+-c\b[ \t;&]{1,4}(?:history[ \t]+-w|rm\b)"
    r"|\brm[ \t]+(?:-[a-zA-Z]{1,4}[ \t]+){0,2}(?:~/\.bash_history|/var/log/(?:\*|auth\.log|"
    r"syslog|wtmp))"
    r"|>[ \t]?/var/log/(?:auth\.log|syslog|wtmp|secure|lastlog)\b)"
)
REVERSE_SHELL = (
    r"(?:\b(?:ba|z|da|k)?sh[ \t]+-[a-z]{0,2}i[ \t]{0,3}(?:[0-9&]?[<>]&?|<>)[ \t]?/dev/(?:tcp|udp)/"
    r"|\bexec[ \t]+[0-9]{1,3}<>[ \t]?/dev/(?:tcp|udp)/"
    r"|\b(?:nc|ncat|netcat|nc\.traditional|nc\.exe)[ \t](?:[^\n|;]{1,80}?"
    r"[ \t])?(?:-[a-z]{0,4}e|-c|--exec|--sh-exec)"
    r"[ \t]+[\"']?(?:/bin/)?(?:ba|z|da)?(?:sh|cmd(?:\.exe)?|powershell(?:\.exe)?)\b"
    r"|\bmkfifo[ \t]+\S{1,60}[ \t]?[;&]{1,2}(?=[^\n]{0,200}\b(?:ba|z|da)?sh\b)[^\n]{1,200}?"
    r"\b(?:nc|ncat|netcat|openssl|telnet)\b"
    r"|\bsocat[ \t][^\n]{0,160}?(?i:exec):[\"']?(?:/bin/)?(?:ba|z|da)?sh\b"
    r"|\b(?:os\.)?dup2\([ \t]?\w{1,20}\.fileno\(\),[ \t]?[012]"
    r"|\bpty\.spawn\([\[ \t]{0,2}[\"'](?:/bin/)?(?:ba|z|da)?sh[\"']"
    r"|\bfsockopen\([^\n]{1,120}?(?:exec|shell_exec|system|proc_open|"
    r"popen)\(['\"](?:/bin/)?(?:ba)?sh\b"
    r"|\bTCPSocket\.(?:open|new)\([^\n]{1,160}?(?:exec|popen)\b"
    r"|\bperl[ \t]+-[A-Za-z]{0,3}e[ \t][^\n]{0,60}?(?:use )?Socket\b[^\n]{0,300}?exec\b"
    r"|(?i:new-object[ \t]+(?:system\.)?net\.sockets\.tcpclient\()[^\n]{1,200}?(?i:getstream\(\))"
    r"|\bchild_process[\"']\)\.(?:spawn|exec)\([\"'](?:/bin/)?(?:ba)?sh[\"'][^\n]{0,160}?net\b"
    r"|\bmsfvenom[ \t]+-p[ \t])"
)
MINER = (
    r"(?:\bstratum[12]?\+(?:tcp|ssl|tls|udp)://"
    r"|\b(?i:xmrig|minerd|cpuminer(?:-multi)?|ethminer|nbminer|t-rex|phoenixminer|lolminer|"
    r"xmr-stak|"
    r"cgminer|bfgminer|nanominer|teamredminer)(?:\.exe)?[ \t](?:[^\n|;]{0,80}?[ \t])?(?:-o|-O|"
    r"--url|--pool|-P|-a|--algo|"
    r"--donate-level|--coin|-wal|--user)[ \t=]"
    r"|\b(?i:coinhive(?:\.min\.js|\.Anonymous|\.User)|cryptonight\.wasm|coin-?imp\.com|"
    r"jsecoin\.com|webminepool)\b)"
)
