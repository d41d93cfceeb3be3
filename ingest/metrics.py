"""What Prometheus is told about ingest. Counted once a turn, never once a message."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("watchkeeper_ingest_messages", "Messages received from the broker.")
READINGS = Counter("watchkeeper_ingest_readings", "Readings stored, repeated ones included.")
REJECTS = Counter("watchkeeper_ingest_rejects", "Messages or metrics set aside, by reason.", ["reason"])
REJECTS_LOST = Counter("watchkeeper_ingest_rejects_lost", "Set aside, but given up before the ledger could take it.")
BATCH = Histogram(
    "watchkeeper_ingest_batch_messages",
    "Messages taken together.",
    buckets=(1, 3, 10, 30, 100, 300, 1000, 2000),
)
STORE_SECONDS = Histogram(
    "watchkeeper_ingest_store_seconds",
    "Time to make a batch durable, tries during an outage included.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30, 300),
)
LAG_SECONDS = Histogram(
    "watchkeeper_ingest_lag_seconds",
    "From receipt of a batch's oldest message to its acknowledgement.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5, 30, 300),
)
OLDEST_SECONDS = Gauge(
    "watchkeeper_ingest_oldest_unacknowledged_seconds",
    "Since the receipt of the oldest message that is not acknowledged yet; 0 without one.",
)
BACKLOG = Gauge("watchkeeper_ingest_backlog_messages", "Messages received and not yet taken.")
STORE_DOWN = Gauge("watchkeeper_ingest_store_down", "1 while history cannot take what was received.")
QUARANTINE_DOWN = Gauge("watchkeeper_ingest_quarantine_down", "1 while the ledger cannot take what was set aside.")
SPOOLED = Counter("watchkeeper_ingest_spooled_messages", "Messages that went to the spool because history was away.")
SPOOL_BYTES = Gauge("watchkeeper_ingest_spool_bytes", "What waits in the spool.")
SPOOL_LIMIT_BYTES = Gauge("watchkeeper_ingest_spool_limit_bytes", "What the spool may hold; 0 without one.")
SPOOL_SECONDS_LEFT = Gauge(
    "watchkeeper_ingest_spool_seconds_left", "Until the spool is full at the pace of this outage; -1 while none."
)
SPOOL_DOWN = Gauge("watchkeeper_ingest_spool_down", "1 while the spool is full or its disk cannot take more.")
SPOOL_DECAYED = Counter(
    "watchkeeper_ingest_spool_decayed", "Frames of the spool that the disk did not give back whole."
)
