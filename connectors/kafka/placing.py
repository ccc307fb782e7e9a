"""Where to begin reading a partition, and what to do when that place is gone."""

from __future__ import annotations

from connectors.kafka.client import Partition, Span
from connectors.kafka.settings import KafkaSettings
from connectors.logs import logger
from guardrails.errors import ConnectorError

log = logger(__name__)


def first_offset(
    settings: KafkaSettings, partition: Partition, wanted: int | None, span: Span
) -> int:
    """The offset to read on from.

    wanted: of the snapshot; None without one. span: what the log holds now. Raises ConnectorError
    if the log lacks `wanted` and the policy is to fail; with policy `earliest` it logs the loss.
    """
    if wanted is None:
        return span.begin if settings.start == "earliest" else span.end
    if span.begin <= wanted <= span.end:
        return wanted
    held = f"the log holds offsets {span.begin} to {span.end - 1}"
    if span.begin == span.end:
        held = f"the log is empty, its next offset is {span.end}"
    if settings.on_lost_offset == "fail":
        raise ConnectorError(
            f"{partition}: offset {wanted} is wanted, but {held}; restore the topic or keep its"
            " records longer, or set TIDEGATE_KAFKA_ON_LOST_OFFSET=earliest to go on without the"
            " lost records"
        )
    lost = max(span.begin - wanted, 0)
    log.warning(
        "the log lacks what comes next: records are lost"
        if lost
        else "the log was cut or made anew, and is read again from its start",
        partition=partition,
        wanted=wanted,
        going_on_at=span.begin,
        records=lost,
    )
    return span.begin
