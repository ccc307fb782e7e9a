"""Which class asks for which check: one line for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from connectors.checks.answer import Checker
from connectors.checks.credentials import read_headers
from connectors.checks.embedder import Embedder
from connectors.checks.embedding_model import EmbeddingModel, require_static_model
from connectors.checks.language import Language, require_detector
from connectors.checks.settings import ChecksSettings
from connectors.checks.topics import Topics
from connectors.checks.toxicity import Toxicity, require_model
from connectors.settings import SettingError
from guardrails.checks.endpoint import EndpointOptions, ServiceOptions
from guardrails.checks.http import HttpOptions
from guardrails.checks.judge import JudgeOptions
from guardrails.checks.language import LanguageOptions
from guardrails.checks.moderation import ModerationOptions
from guardrails.checks.topics import TopicsOptions
from guardrails.checks.toxicity import ToxicityOptions
from guardrails.setting import Setting


def open_checker(setting: Setting, environ: Mapping[str, str], limits: ChecksSettings) -> Checker:
    """Return what asks for a check. Call it on the loop that will use it.

    Raises SettingError when a secret or an extra is missing.
    """
    match setting.options:
        case ToxicityOptions() as options:
            return Toxicity(options, environ, limits.processes)
        case LanguageOptions() as options:
            return Language(options)
        case TopicsOptions() as options:
            return Topics(options, open_embedder(options, environ, limits))
        case EndpointOptions() as options:
            return _open_client(setting.guardrail.id, options, environ)
    raise SettingError(
        f"nothing runs the check '{setting.guardrail.id}'; remove it from the policy"
    )


def open_embedder(
    options: TopicsOptions, environ: Mapping[str, str], limits: ChecksSettings
) -> Embedder:
    """Return what makes the vectors of topics. Raises SettingError when a secret, an extra or the
    model is missing.
    """
    if options.directory is not None:
        return EmbeddingModel(options.directory, environ, limits.processes)
    from connectors.checks.embedding_service import EmbeddingService

    return EmbeddingService(str(options.url), options, environ)


def _open_client(name: str, options: EndpointOptions, environ: Mapping[str, str]) -> Checker:
    # The HTTP client takes 110 ms to import: only where a policy asks a service.
    from connectors.checks.http import Http
    from connectors.checks.judge import Judge
    from connectors.checks.moderation import Moderation

    match options:
        case JudgeOptions():
            return Judge(options, environ)
        case ModerationOptions():
            return Moderation(options, environ)
        case HttpOptions():
            return Http(name, options, environ)
    raise SettingError(f"nothing runs the check '{name}'; remove it from the policy")


def find_missing(settings: Iterable[Setting], environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what the checks of a policy need and this environment lacks, for people.

    For a look before anything runs; without it such checks fail, one by one, with the same words.
    """
    for setting in settings:
        try:
            if isinstance(setting.options, TopicsOptions) and setting.options.directory:
                require_static_model(setting.options.directory)
            elif isinstance(setting.options, ServiceOptions):
                read_headers(setting.options, environ)
            elif isinstance(setting.options, ToxicityOptions):
                require_model()
            elif isinstance(setting.options, LanguageOptions):
                require_detector()
        except SettingError as error:
            yield f"'{setting.guardrail.id}': {error}"
