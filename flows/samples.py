"""The answers of the demo as samples of the page."""

from __future__ import annotations

from collections.abc import Callable

from connectors.gateway.samples import Sample, Samples
from flows.demo.answers import AnswersError, read_answers
from guardrails.plans import Plans


def open_samples(plans: Plans) -> Callable[[], Samples]:
    """Return what tells the answers of `examples/` and the policies they can be judged by.

    Answers are read here, once; policies are those of the moment it is asked. Without a checkout
    there are no examples, and the page offers none.
    """
    try:
        answers = read_answers()
    except AnswersError:
        answers = []
    samples = tuple(
        Sample(answer.id, answer.title, tuple(answer.pieces()), answer.policy) for answer in answers
    )
    return lambda: Samples(plans.names, samples)
