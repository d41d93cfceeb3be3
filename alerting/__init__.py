"""Alerting: from a message to an alarm, an order and a person.

The order of stages is the safety argument; `alerting.turn` shows it on one page:

    receive > decode > judge > settle > desk          timers: holds, silence, clocks > desk

Promises: an alarm never waits for history, and memory changes only after the ledger committed.
Leaves to others: storing readings (`ingest`), sending notices, talking MQTT and SQL (`adapters`).
"""
