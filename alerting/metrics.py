"""Metrics of alerting, for Prometheus.

Promises: names and units in one place; labels are bounded (never a device). Leaves to others: serving them.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("watchkeeper_alerting_messages_total", "Messages judged and durable")
READINGS = Counter("watchkeeper_alerting_readings_total", "Readings judged")
PRUNED = Counter("watchkeeper_ledger_pruned_total", "Cuts of old events from a site's chain")
LATE = Counter("watchkeeper_alerting_late_readings_total", "Readings with a value older than the newest judged")
MISFITS = Counter("watchkeeper_alerting_misfits_total", "Readings not judged: why", ["reason"])
SIGNALS = Counter("watchkeeper_alerting_signals_total", "Edges told to the desk", ["move"])
SET_ASIDE = Counter("watchkeeper_alerting_set_aside_total", "Messages set aside because judging them failed twice")
DISCOVERED = Counter("watchkeeper_alerting_discovered_total", "Devices that reported before anybody registered them")
TIMER_FAILURES = Counter(
    "watchkeeper_alerting_timer_failures_total", "Timers that failed and are tried again", ["timer"]
)
LEDGER_FAILURES = Counter("watchkeeper_alerting_ledger_failures_total", "Turns tried again because the ledger was away")
TURN_SECONDS = Histogram(
    "watchkeeper_alerting_turn_seconds",
    "From the first message judged to the commit",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
)
RAISE_SECONDS = Histogram(
    "watchkeeper_alerting_raise_seconds",
    "From receipt of the reading to the alarm in the ledger",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 30),
)
BACKLOG = Gauge("watchkeeper_alerting_backlog_messages", "Messages received and not judged")
CONNECTED = Gauge("watchkeeper_alerting_connected", "1 while the broker session is up")
CAUGHT_UP = Gauge("watchkeeper_alerting_caught_up", "1 while silence counts")
WATCHED = Gauge("watchkeeper_alerting_devices", "Devices on the roster")
ESCALATED = Counter("watchkeeper_escalation_steps_total", "Escalation steps taken", ["channel"])
NOTICES = Counter("watchkeeper_notices_total", "Tries to send a notice: what came of them", ["channel", "outcome"])
PUBLISHED = Counter("watchkeeper_events_published_total", "Events published to the broker")
LEADING = Gauge("watchkeeper_alerting_leading", "1 while this process alerts, 0 while it stands by")
LEASE_EPOCH = Gauge("watchkeeper_alerting_lease_epoch", "The epoch under which this process alerts")
STANDBY = Gauge("watchkeeper_alerting_standby", "1 while another process stands by for this one")
TAKEOVERS = Counter("watchkeeper_alerting_lease_taken_total", "Times this process took the lease: why", ["lease_was"])
DISK_USED = Gauge("watchkeeper_disk_used_ratio", "How full the disk of a folder is, 0 to 1", ["folder"])
CLOCK_MOVES = Counter("watchkeeper_clock_moves_total", "Times our own clock jumped or drifted")
