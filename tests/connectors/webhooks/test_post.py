"""What a receiver asks for before the next try."""

from datetime import UTC, datetime

import pytest

from connectors.webhooks.post import asked_pause_s

NOW = datetime(2025, 6, 1, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "pause_s"),
    [
        ("", 0),
        ("0", 0),
        ("120", 120),
        ("Sun, 01 Jun 2025 12:02:00 GMT", 120),
        ("Sunday, 01-Jun-25 12:02:00 GMT", 120),
        ("Sun, 01 Jun 2025 11:00:00 GMT", 0),
        ("Sun, 01 Jun 2025 14:02:00 +0200", 120),
        ("soon", 0),
        ("-5", 0),
        ("1.5", 0),
        ("１２", 0),
        ("9" * 100, 0),
        ("Sun, 99 Jun 2025 12:02:00 GMT", 0),
        ("Mon, 01 Jan 2026 00:00:00 +9999999999999999", 0),
    ],
)
def test_retry_after_is_a_number_or_a_date_or_nothing(header: str, pause_s: float) -> None:
    assert asked_pause_s(header, NOW) == pause_s
