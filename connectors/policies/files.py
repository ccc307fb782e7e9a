"""Policy files as an origin of activations: watched while the guard runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from connectors.logs import logger
from connectors.policies.journal import Entry, Journal
from connectors.policies.metrics import ACTIVATIONS
from guardrails.errors import PolicyError, RuleError
from guardrails.events import ACTIVATION_LEAD_MS
from guardrails.plans import Plans
from guardrails.policy import Policy
from guardrails.policy_text import parse_policy

log = logger(__name__)

# What tells a file from its earlier self: change of content and of attributes in nanoseconds, size
# and inode.
_Stamp = tuple[int, int, int, int]


class PolicyFiles:
    """Looks at files by `stat`, and puts a changed one in force `ACTIVATION_LEAD_MS` later.

    Polled, because notifications do not come from network disks and see only links where
    Kubernetes swaps a directory. A change counts when two looks see the same, so that a file is not
    read while it is being written. Times stand in the journal: a replay after a crash finds them,
    and processes that share it agree on them.
    """

    def __init__(
        self,
        names: Sequence[str],
        plans: Plans,
        journal: Journal,
        *,
        read_text: Callable[[str], str],
        now_ms: Callable[[], int],
    ) -> None:
        """names: paths of policies the plans were made of.

        read_text: returns one as it is written, raises PolicyError. now_ms: the wall clock.
        """
        self._plans = plans
        self._journal = journal
        self._read_text = read_text
        self._now_ms = now_ms
        self._stamps: dict[str, _Stamp | None] = dict.fromkeys(names)
        self._candidates: dict[str, _Stamp | None] = {}
        # The policy each file brings: a running guard cannot rename it.
        self._policies: dict[str, str] = {}
        self._told: set[Entry] = set()

    def begin(self) -> None:
        """See `Origin.begin`. Raises PolicyError for a file that cannot be used."""
        for file in self._stamps:
            self._stamps[file] = _stamp(file)
            text = self._read_text(file)
            policy = parse_policy(text, file)
            self._policies[file] = policy.name
            with self._journal.locked():
                last = self._newest(policy.name)
                if last is None:
                    # Nothing was guarded before: it holds from the beginning of time.
                    self._journal.append(Entry(policy.name, 0, text))
                elif _differs(policy, last):
                    # Changed while no guard ran: streams that began before keep what they had.
                    at_ms = max(self._now_ms(), last.at_ms)
                    self._journal.append(Entry(policy.name, at_ms, text))
        with self._journal.locked():
            self._tell()

    def look(self) -> None:
        """See `Origin.look`. Raises ConnectorError when a change cannot be written down."""
        for file, seen in self._stamps.items():
            stamp = _stamp(file)
            if stamp is None or stamp == seen:
                continue
            if stamp == self._candidates.get(file):
                self._take(file)
                self._stamps[file] = stamp
            self._candidates[file] = stamp
        with self._journal.locked():
            self._tell()

    def close(self) -> None:
        """See `Origin.close`; nothing stays open."""

    def _take(self, file: str) -> None:
        """Write down when the changed file is in force, or say why it never will be."""
        try:
            text = self._read_text(file)
            policy = parse_policy(text, file)
            if policy.name != self._policies[file]:
                raise PolicyError(
                    f"{file}: the policy is named {policy.name!r} now, and was "
                    f"{self._policies[file]!r}; restart the guard to rename a policy"
                )
            # Compiled before its time is chosen: that may take seconds.
            # Kept until it is told, so that it is compiled only once.
            plan = self._plans.prepare(policy)
        except (PolicyError, RuleError) as error:
            ACTIVATIONS.labels("file", "refused").inc()
            log.error(
                "a policy file cannot be used; the policy before it stays in force",
                file=file,
                problem=error,
            )
            return
        with self._journal.locked():
            last = self._newest(policy.name)
            # Another process may have seen it first, or only a comment has changed.
            if last is None or _differs(plan.policy, last):
                at_ms = self._now_ms() + ACTIVATION_LEAD_MS
                at_ms = max(at_ms, 0 if last is None else last.at_ms)
                self._journal.append(Entry(policy.name, at_ms, text))
            self._tell()

    def _newest(self, name: str) -> Entry | None:
        return next((one for one in reversed(self._journal.read()) if one.name == name), None)

    def _tell(self) -> None:
        """Tell the plans what has been written down since the last time, by us or others."""
        # Entries of files that are not used any more stay in the journal and are not told.
        names = set(self._policies.values())
        entries = [entry for entry in self._journal.read() if entry.name in names]
        newest = {entry.name: entry for entry in entries}
        for entry in entries:
            if entry in self._told:
                continue
            if newest.get(entry.name) is entry:
                self._activate(entry)
            else:
                self._plans.remember(entry.name, entry.source, entry.at_ms)
        self._told = set(entries)

    def _activate(self, entry: Entry) -> None:
        try:
            plan = self._plans.activate(parse_policy(entry.source, entry.name), entry.at_ms)
        except (PolicyError, RuleError) as error:
            # Written by another release, in a directory we share with it.
            ACTIVATIONS.labels("file", "refused").inc()
            log.error("a policy stays as it was", policy=entry.name, problem=error)
            return
        ACTIVATIONS.labels("file", "accepted").inc()
        log.info("policy taken in", policy=entry.name, version=plan.version, from_ms=entry.at_ms)


def _differs(policy: Policy, entry: Entry) -> bool:
    """Compare what both mean to this release: another one may count versions otherwise."""
    try:
        return parse_policy(entry.source, entry.name).version != policy.version
    except PolicyError:
        return True


def _stamp(file: str) -> _Stamp | None:
    """Return what tells a file from its earlier self; None while it is not there."""
    try:
        found = Path(file).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
