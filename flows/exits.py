"""How the command ends: exit codes, and what an error says."""

from __future__ import annotations

import errno
from enum import IntEnum

from guardrails.errors import PolicyError, RuleError, TidegateError


class Exit(IntEnum):
    """Exit codes of every command. `docs/cli.md` and `tidegate --help` show this table."""

    OK = 0
    PROBLEM = 1
    USAGE = 2
    ENVIRONMENT = 3
    INTERRUPTED = 130


class UsageError(TidegateError):
    """The command was called wrongly. Next: call it as the message says."""


class InputError(TidegateError):
    """What the command was given to read is wrong. Next: correct the line the message names."""


class MissingError(TidegateError):
    """Something the command needs is not there. Next: put it in place, call again."""


def explain(error: BaseException) -> tuple[str, Exit] | None:
    """Return what to tell about an expected error, and how to exit; None for a bug of ours.

    What a dataflow raises may come wrapped: the cause is what counts.
    """
    from flows.policies import UnknownPolicyError

    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, UsageError | UnknownPolicyError):
            return str(seen), Exit.USAGE
        if isinstance(seen, PolicyError | RuleError | InputError):
            return str(seen), Exit.PROBLEM
        if isinstance(seen, TidegateError):
            return str(seen), Exit.ENVIRONMENT
        if isinstance(seen, OSError) and seen.errno is not None:
            return _explain_os(seen), Exit.ENVIRONMENT
        seen = seen.__cause__
    return None


def _explain_os(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename is not None else ""
    hints = {
        errno.ENOSPC: "; make room on the disk and call again",
        errno.EACCES: "; correct its permissions or name another place",
        errno.EROFS: "; name a place that can be written",
    }
    return f"{place}{error.strerror}{hints.get(error.errno or 0, '')}"
