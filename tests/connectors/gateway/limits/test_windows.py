"""The memory of the limits: bounded, and those who invent names push out their own."""

import asyncio
import tracemalloc

from limits import parse

from connectors.gateway.limits.windows import MAX_NAMES, SEPARATOR, Windows
from tests.connectors.gateway.limits.clock import Clock

RATE = parse("10/second")


def hit(windows: Windows, tenant: str, user: str, amount: int = 1) -> bool:
    key = RATE.key_for(f"{tenant}{SEPARATOR}{user}")
    return asyncio.run(windows.acquire_sliding_window_entry(key, 10, 1, amount))


def fill(windows: Windows, tenant: str, names: int) -> None:
    async def hit_all() -> None:
        for number in range(names):
            key = RATE.key_for(f"{tenant}{SEPARATOR}user:{number:036}")
            await windows.acquire_sliding_window_entry(key, 10, 1)

    asyncio.run(hit_all())


def spent(windows: Windows, tenant: str, user: str) -> int:
    return windows.look(RATE.key_for(f"{tenant}{SEPARATOR}{user}"), 1).spent


def test_what_was_spent_fades_over_the_next_window() -> None:
    clock = Clock()
    windows = Windows(clock)
    hit(windows, "acme", "u1", 10)
    assert spent(windows, "acme", "u1") == 10
    clock.at += 1
    assert spent(windows, "acme", "u1") == 10
    clock.at += 0.5
    assert spent(windows, "acme", "u1") == 5
    clock.at += 0.5
    assert spent(windows, "acme", "u1") == 0


def test_after_a_pause_of_two_windows_nothing_is_left() -> None:
    clock = Clock()
    windows = Windows(clock)
    hit(windows, "acme", "u1", 10)
    clock.at += 2
    assert hit(windows, "acme", "u1", 10)


def test_who_invents_names_pushes_out_their_own() -> None:
    windows = Windows(Clock(), max_names=1000)
    for number in range(50):
        hit(windows, "quiet", f"u{number}", 10)
    fill(windows, "loud", 20_000)
    assert len(windows) <= 1000
    assert all(not hit(windows, "quiet", f"u{number}") for number in range(50))


def test_of_many_tenants_with_one_name_each_the_quietest_is_forgotten() -> None:
    windows = Windows(Clock(), max_names=200)
    for number in range(200):
        hit(windows, f"tenant-{number}", "u", 10)
    hit(windows, "tenant-0", "u")
    hit(windows, "one-more", "u")
    assert len(windows) <= 200
    assert spent(windows, "tenant-0", "u") == 10
    assert spent(windows, "tenant-1", "u") == 0


def test_the_size_is_what_is_held_after_anything() -> None:
    windows = Windows(Clock(), max_names=10)
    for number in range(100):
        hit(windows, f"tenant-{number % 7}", f"u{number % 13}")
        held = sum(len(group) for group in windows._tenants.values())
        assert len(windows) == held <= 10
    asyncio.run(windows.clear(RATE.key_for(f"tenant-1{SEPARATOR}u8")))
    assert len(windows) == sum(len(group) for group in windows._tenants.values())
    assert asyncio.run(windows.reset()) > 0  # type: ignore[operator]
    assert len(windows) == 0


def test_a_name_costs_less_than_a_kilobyte() -> None:
    tracemalloc.start()
    try:
        windows = Windows(Clock(), max_names=10_000)
        before = tracemalloc.get_traced_memory()[0]
        fill(windows, "acme", 10_000)
        each = (tracemalloc.get_traced_memory()[0] - before) / 10_000
    finally:
        tracemalloc.stop()
    assert each < 1000
    assert each * MAX_NAMES < 50_000_000
