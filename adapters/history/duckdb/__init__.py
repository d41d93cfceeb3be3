"""The embedded history: DuckDB for the days under way, Parquet for the finished ones.

Promises: the port of `domain.ports.history`; see `store` for what one owner process means and
`docs/decisions/0010-history-writes.md` for why it is built this way.
"""

from adapters.history.duckdb.store import DuckDBHistory

__all__ = ["DuckDBHistory"]
