"""What Watchkeeper is about, in values and pure functions.

Promises: nothing here reads a clock, sleeps, opens a file or a socket. Every decision takes the instant it
decides at (`at`, aware UTC) and returns a value that names its reason. Words follow `docs/architecture.md`.
Leaves to others: doing. Adapters implement the ports in `domain.ports`; loops live in `ingest` and `alerting`.
"""
