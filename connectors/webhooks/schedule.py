"""When a message is tried again: the schedule the Standard Webhooks specification suggests."""

from __future__ import annotations

from typing import NamedTuple

_MINUTE, _HOUR = 60.0, 3600.0
# Between one try and the next; ten tries in 75 hours 35 minutes, the first one at once.
PAUSES_S = (
    *(5.0, 5 * _MINUTE, 30 * _MINUTE),
    *(2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR),
)
# Tries of a message that the receiver says is wrong itself: half an hour to put in place a receiver
# that understands it; what refuses it then will refuse it in three days.
REFUSED_TRIES = 4
REFUSALS = frozenset({400, 413, 415, 422})
# Of an address that seems ill, whatever message it gets: first pause, doubled up to the longest.
FIRST_REST_S = 5.0
LONGEST_REST_S = 300.0
# One failure is a message's; three in a row are the receiver's.
ILL_AFTER = 3
# The longest `Retry-After` that is followed: the longest pause of the schedule.
LONGEST_ASKED_PAUSE_S = 24 * _HOUR
# Five days: longer than any one message is tried, so that a single one that nobody could take does
# not end a subscription that has little to say.
PATIENCE_S = 120 * _HOUR
# Up to a fifth longer by chance, so that what failed together does not come back together.
JITTER = 0.2


class Schedule(NamedTuple):
    """All in seconds; shorter for tests and demonstrations. pauses_s: between the tries of one
    message. first_rest_s, longest_rest_s: of a receiver that is ill. patience_s: how long it may
    take nothing at all.
    """

    pauses_s: tuple[float, ...] = PAUSES_S
    first_rest_s: float = FIRST_REST_S
    longest_rest_s: float = LONGEST_REST_S
    patience_s: float = PATIENCE_S

    def pause_s(self, tries: int, status: int) -> float | None:
        """Return the pause behind so many failed tries, of which the last ended with `status`;
        None when there is none any more.
        """
        if tries > len(self.pauses_s) or (status in REFUSALS and tries >= REFUSED_TRIES):
            return None
        return self.pauses_s[tries - 1]

    def rest_s(self, failures: int) -> float:
        """Return how long a receiver is left alone after so many failures in a row."""
        if failures < ILL_AFTER:
            return 0.0
        return min(self.longest_rest_s, self.first_rest_s * 2.0 ** min(failures - ILL_AFTER, 30))
