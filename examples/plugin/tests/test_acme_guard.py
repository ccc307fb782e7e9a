"""The proof Tidegate's own guardrails pass, and one case in words."""

import time
from random import Random

import acme_guard

from guardrails.contract import require_contract
from guardrails.proof.proof import prove
from guardrails.proof.samples import Finder


def test_the_guardrails_keep_what_they_promise() -> None:
    require_contract(acme_guard.GUARDRAILS)
    docstrings = {one.id: [acme_guard.__doc__ or ""] for one in acme_guard.GUARDRAILS}
    assert not list(prove(acme_guard.GUARDRAILS, docstrings, Random(1), time.thread_time))


def test_a_badge_number_split_over_chunks_is_found() -> None:
    finder = Finder(acme_guard.BADGE.rules)
    assert finder.find(["my badge is AC", "ME-12", "3455 today"]) == [("acme-badge", 12, 23)]
