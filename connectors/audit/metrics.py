"""What is counted of the audit flow's edges. No label is a stream, a tenant or a user."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

CHAINED = Counter("tidegate_audit_chained_records", "Audit records appended to hash chains.")
REPAIRED = Counter(
    "tidegate_audit_chain_repairs", "Times that bytes torn by a crash were set aside."
)
DELIVERED = Counter(
    "tidegate_audit_webhook_records",
    "Audit records the webhook took, or refused and was not sent again.",
    ["outcome"],
)
# From the beginning, so that "none in ten minutes" can be asked.
for _outcome in ("delivered", "refused"):
    DELIVERED.labels(_outcome)
FAILED = Counter(
    "tidegate_audit_webhook_failures",
    "Requests to the webhook that will be made again.",
    ["reason"],  # connection, timeout, protocol, or a status class: 3xx, 4xx, 5xx
)
WAITING = Gauge("tidegate_audit_webhook_waiting_records", "Audit records read and not delivered.")
