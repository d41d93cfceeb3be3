"""The ledger in memory: everything that `domain.ports.ledger` promises but that it outlives the process.

For rehearsals: a simulated day asks the ledger tens of thousands of questions, and what it proves is not the database.
Rows are the domain's own frozen values, so nothing is written as JSON to be read again; events are sealed as in SQL
and verified at the end. Leaves to others: the record of a property (`adapters.ledger`), excerpts of what is old.
"""

from __future__ import annotations

from adapters.ledger_in_memory.ledger import MemoryLedger
from adapters.ledger_in_memory.store import Store

__all__ = ["MemoryLedger", "Store"]
