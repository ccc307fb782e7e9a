"""A file of subscriptions, read whole: every problem with its line, every secret in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from connectors.webhooks.reach import Reach
from connectors.webhooks.signature import SecretError, Signer
from connectors.webhooks.subscription import SecretSource, Subscription, Subscriptions
from guardrails.document import DocumentError, Mark, Node, read_document
from guardrails.errors import TidegateError
from guardrails.problem import Problem, explain, show

# A secret is some hundred bytes; whatever is longer is another file.
_MAX_SECRET_FILE_BYTES = 4_096


class SubscriptionError(TidegateError):
    """Subscriptions cannot be used. Next: correct the file at the lines the message names."""


class Target(NamedTuple):
    """A subscription with its secrets. headers: all that are sent besides our own."""

    subscription: Subscription
    signer: Signer
    headers: Mapping[str, str]

    @property
    def id(self) -> str:
        """The subscription's."""
        return self.subscription.id

    @property
    def version(self) -> str:
        """A digest of what was written, without secrets; another one for every change."""
        return sha256(self.subscription.model_dump_json().encode()).hexdigest()[:16]


def read_targets(path: Path, reach: Reach, environ: Mapping[str, str]) -> list[Target]:
    """Read a file of subscriptions. Raises SubscriptionError with a line for each problem."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SubscriptionError(
            f"{path}: expected a readable text file ({type(error).__name__}); correct the path"
        ) from None
    return parse_targets(text, str(path), reach, environ)


def parse_targets(
    text: str, filename: str, reach: Reach, environ: Mapping[str, str]
) -> list[Target]:
    """Read subscriptions from YAML. filename: only for messages; secrets' files are relative to
    the directory the process works in.

    Raises SubscriptionError whose message has one line for each problem:
    `file:line:column: what is wrong; expected what, got what; did you mean 'x'?`
    """
    try:
        document = read_document(text)
    except DocumentError as error:
        raise _refuse(filename, [(fault.mark, fault.text) for fault in error.faults]) from error
    if not isinstance(document.value, dict):
        got = "an empty file" if document.value is None else show(document.value)
        wanted = f"expected a mapping with the key 'subscriptions', got {got}"
        raise _refuse(filename, [(document.mark, wanted)])
    try:
        read = Subscriptions.model_validate(document.value, context={"reach": reach})
    except ValidationError as error:
        raise _refuse(filename, _places(document, explain(error, Subscriptions))) from error
    problems = _find_repeats(read.subscriptions)
    targets = []
    for number, subscription in enumerate(read.subscriptions):
        try:
            targets.append(_resolve(subscription, environ))
        except _MissingSecret as error:
            path = ("subscriptions", number, *error.path)
            problems.append(Problem(path, f"'{subscription.id}': {error}"))
    if problems:
        raise _refuse(filename, _places(document, problems))
    return targets


def _find_repeats(subscriptions: Sequence[Subscription]) -> list[Problem]:
    counts = Counter(one.id for one in subscriptions)
    return [
        Problem(("subscriptions", number, "id"), f"id '{one.id}' stands here more than once")
        for number, one in enumerate(subscriptions)
        if counts[one.id] > 1
    ]


class _MissingSecret(Exception):
    """What is named is not there. path: below the subscription. Never holds the secret."""

    def __init__(self, path: tuple[str | int, ...], text: str) -> None:
        super().__init__(text)
        self.path = path


def _resolve(subscription: Subscription, environ: Mapping[str, str]) -> Target:
    # What is switched off needs no secrets yet.
    if not subscription.enabled:
        return Target(subscription, Signer([]), {})
    keys = []
    for number, source in enumerate(subscription.secrets):
        path = ("secrets", number)
        name, key = _read_secret(source, environ, path)
        try:
            Signer([key])
        except SecretError as error:
            raise _MissingSecret(path, f"{name} {error}; see `tidegate webhooks secret`") from None
        keys.append(key)
    headers = dict(subscription.headers)
    for header, variable in subscription.headers_env.items():
        place = ("headers_env", header)
        value = environ.get(variable, "").strip()
        if not value:
            raise _MissingSecret(place, f"the environment has no {variable}; set it")
        if not (value.isascii() and value.isprintable()):
            raise _MissingSecret(place, f"{variable}: expected printable ASCII; set it to that")
        headers[header] = value
    return Target(subscription, Signer(keys), headers)


def _read_secret(
    source: SecretSource, environ: Mapping[str, str], path: tuple[str | int, ...]
) -> tuple[str, str]:
    """Return the name of a secret's place, and the secret."""
    if source.env is not None:
        value = environ.get(source.env, "").strip()
        if not value:
            raise _MissingSecret(path, f"the environment has no {source.env}; set it")
        return source.env, value
    file = source.file or Path()
    try:
        with file.open("rb") as content:
            return str(file), content.read(_MAX_SECRET_FILE_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _MissingSecret(
            path, f"{file}: expected a readable text file ({type(error).__name__}); mount it"
        ) from None


def _places(document: Node, problems: Sequence[Problem]) -> list[tuple[Mark, str]]:
    found = [(document.locate(one.path, key=one.at_key), one.text) for one in problems]
    return sorted(found, key=lambda place: (place[0].line, place[0].column))


def _refuse(filename: str, places: Sequence[tuple[Mark, str]]) -> SubscriptionError:
    lines = [f"{filename}:{mark.line}:{mark.column}: {text}" for mark, text in places]
    return SubscriptionError("\n".join(lines))
