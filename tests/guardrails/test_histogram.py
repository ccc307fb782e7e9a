"""Durations in fixed buckets: merging, and how far off quantiles are."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.histogram import LAST_BUCKET, Histogram, bucket_of

DURATIONS = st.lists(st.floats(0, 86_400_000), min_size=1, max_size=200)
# Half of the eighth of a doubling, as the documentation says.
OFF = 2 ** (1 / 16)


def filled(durations) -> Histogram:
    histogram = Histogram()
    for ms in durations:
        histogram.add(ms)
    return histogram


@given(DURATIONS, st.sampled_from([0.5, 0.9, 0.95, 0.99, 1.0]))
def test_a_quantile_is_within_4_5_percent_of_the_duration_at_its_rank(durations, share):
    exact = sorted(durations)[math.ceil(share * len(durations)) - 1]
    found = filled(durations).quantile(share)
    assert exact / OFF * 0.999999 <= found <= max(1.0, exact * OFF * 1.000001)
    assert OFF - 1 < 0.045


@given(DURATIONS, DURATIONS)
def test_merging_two_histograms_counts_what_one_would_have_counted(first, second):
    merged = filled(first)
    merged.merge(filled(second))
    both = filled([*first, *second])
    assert merged.buckets == both.buckets
    assert merged.max_ms == both.max_ms
    assert merged.sum_ms == pytest.approx(both.sum_ms)


@given(st.floats(1.0001, 86_400_000))
def test_a_bucket_holds_what_lies_between_its_edges(ms):
    bucket = bucket_of(ms)
    assert 2 ** ((bucket - 1) / 8) < ms * 1.000001
    assert ms <= 2 ** (bucket / 8) * 1.000001


def test_what_is_longer_than_a_day_or_below_zero_is_counted_at_the_ends():
    histogram = filled([-5, 10**15])
    assert histogram.buckets == {0: 1, LAST_BUCKET: 1}
    assert histogram.max_ms == 10**15


def test_a_duration_can_be_counted_many_times_at_once():
    histogram = Histogram()
    histogram.add(200, 7)
    assert histogram.count == 7
    assert histogram.sum_ms == 1400


def test_nothing_counted_has_quantiles_of_zero():
    durations = Histogram().durations()
    assert (durations.count, durations.p50_ms, durations.p99_ms, durations.buckets) == (0, 0, 0, ())
