"""The ledger in SQL: SQLite embedded, PostgreSQL in production.

Promises: `domain.ports.ledger` over either database, with one chain of sealed events per site; errors of the
libraries come out as `domain.errors`. Leaves to others: which acts are allowed (`alerting.desk`), when to write.
"""

from __future__ import annotations

from adapters.ledger.copying import copy_ledger, restore_ledger
from adapters.ledger.key import ledger_key
from adapters.ledger.ledger import LOCK_WAIT, SqlLedger, open_ledger
from adapters.ledger.schema import migrate

__all__ = ["LOCK_WAIT", "SqlLedger", "copy_ledger", "ledger_key", "migrate", "open_ledger", "restore_ledger"]
