"""Ingest: every reading into history, once, and what cannot be one into quarantine.

Promises: a QoS 1 message is acknowledged to the broker only after its readings are durable, in history or in the
spool on the local disk, so a crash of ours loses nothing; one bad message never holds up the good ones. The order is
one page: `ingest.loop`. Leaves to others: judging (`alerting`, a consumer of its own),
merging values of one identity and storing them once (the history port), what a message means (`devices.decode`).
"""
