"""Replies of providers: they are let in, keep their slot, and are no work of the guard's."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from connectors.gateway.admission import Admission
from connectors.gateway.auth.principal import ALL_SCOPES, Principal
from connectors.gateway.limits.answer import Overloaded, TooMany
from connectors.gateway.limits.load import Work
from connectors.gateway.limits.settings import LimitSettings

PLUGIN = Principal("acme", "key:plugin", ALL_SCOPES)


def admission(tmp_path: Path, limits: str = "", idle_s: float = 300.0) -> Admission:
    file = tmp_path / "limits.yaml"
    file.write_text(f"default: {{{limits}}}")
    return Admission(LimitSettings(limits_file=file, max_waiting=10), idle_s=idle_s)


def test_a_reply_keeps_its_slot_however_long_it_takes(tmp_path: Path) -> None:
    one = admission(tmp_path, "user_streams: 1", idle_s=0.2)

    async def run() -> None:
        async with one.admit_reply(PLUGIN, "a", user_id="u"):
            await asyncio.sleep(0.5)
            with pytest.raises(TooMany, match="user-streams"):
                async with one.admit_reply(PLUGIN, "b", user_id="u"):
                    pass
        async with one.admit_reply(PLUGIN, "c", user_id="u"):
            pass

    asyncio.run(run())


def test_a_reply_that_fails_frees_its_slot_and_leaves_no_task(tmp_path: Path) -> None:
    one = admission(tmp_path, "user_streams: 1")

    async def run() -> int:
        for name in "ab":
            with pytest.raises(KeyError):
                async with one.admit_reply(PLUGIN, name, user_id="u"):
                    raise KeyError
        await asyncio.sleep(0)
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1


def test_replies_that_are_waited_for_turn_nobody_away(tmp_path: Path) -> None:
    one = admission(tmp_path)

    async def run() -> None:
        async with AsyncExitStack() as held:
            for number in range(50):
                await held.enter_async_context(one.admit_reply(PLUGIN, f"r{number}"))
            async with one.admit(PLUGIN, Work.START, "s"):
                pass

    asyncio.run(run())


def test_a_busy_guard_takes_no_more_replies(tmp_path: Path) -> None:
    one = admission(tmp_path)

    async def run() -> None:
        async with AsyncExitStack() as held:
            for number in range(8):
                await held.enter_async_context(one.admit(PLUGIN, Work.FINISH, f"s{number}"))
            with pytest.raises(Overloaded):
                await held.enter_async_context(one.admit_reply(PLUGIN, "r"))

    asyncio.run(run())


def test_who_has_no_characters_left_gets_no_reply(tmp_path: Path) -> None:
    one = admission(tmp_path, "user_chars_per_day: 100")

    async def run() -> None:
        async with one.admit_reply(PLUGIN, "a", user_id="u") as headers:
            assert '"user-chars-per-day";r=99' in headers["RateLimit"]
            # It is let through to its end, whatever is left.
            for _ in range(20):
                one.charge(PLUGIN, "u", 10)
        with pytest.raises(TooMany, match="user-chars-per-day"):
            async with one.admit_reply(PLUGIN, "b", user_id="u"):
                pass
        async with one.admit_reply(PLUGIN, "c", user_id="v"):
            pass

    asyncio.run(run())
