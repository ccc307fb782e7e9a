"""A set that one thread fills while another reads it."""

from __future__ import annotations

import gc
import threading

from connectors.living import Living


class Member:
    pass


def test_it_keeps_nothing_alive() -> None:
    living: Living[Member] = Living()
    kept, gone = Member(), Member()
    living.add(kept)
    living.add(kept)
    living.add(gone)
    assert len(list(living)) == 2
    del gone
    gc.collect()
    assert list(living) == [kept]


def test_it_is_read_while_it_grows() -> None:
    living: Living[Member] = Living()
    kept: list[Member] = []
    over = threading.Event()

    def fill() -> None:
        while not over.is_set() and len(kept) < 20_000:
            kept.append(Member())
            living.add(kept[-1])

    thread = threading.Thread(target=fill)
    thread.start()
    while thread.is_alive():
        list(living)
    over.set()
    thread.join()
    assert len(list(living)) == 20_000
