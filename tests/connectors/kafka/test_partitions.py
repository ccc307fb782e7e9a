"""Lists of partitions, as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.kafka.partitions import format_partitions, parse_partitions
from connectors.kafka.settings import KafkaSettings, SettingsError


@given(st.sets(st.integers(0, 300), min_size=1))
def test_what_is_written_is_read_again(numbers: set[int]) -> None:
    assert parse_partitions(format_partitions(numbers)) == tuple(sorted(numbers))


@pytest.mark.parametrize("text", ["", "a", "-1", "1-", "3-1", "1,,2", "1,1", "0-3,2", "1;2", "٣"])
def test_what_is_no_list_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected .*, got "):
        parse_partitions(text)


def test_the_variable_is_read_and_named_when_it_is_wrong() -> None:
    assert KafkaSettings.from_env({}).partitions is None
    assert KafkaSettings.from_env({"TIDEGATE_PARTITIONS": "0-2,7"}).partitions == (0, 1, 2, 7)
    with pytest.raises(SettingsError, match=r"TIDEGATE_PARTITIONS: .*expected .*got '7-2'"):
        KafkaSettings.from_env({"TIDEGATE_PARTITIONS": "7-2"})
