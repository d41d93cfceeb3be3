"""What only the ledger in PostgreSQL promises."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from adapters.ledger import dialects
from domain.errors import LedgerUnavailable
from tests.adapters.ledger.conftest import Place, make_postgres
from tests.contracts.ledger_leases import take
from tests.contracts.ledger_values import RULE, START, alarm, put_alarm


@pytest.fixture
def place(migrated_database: str, tmp_path: Path) -> Iterator[Place]:
    """An empty ledger in PostgreSQL."""
    place = make_postgres(migrated_database, tmp_path)
    yield place
    place.close()


def test_a_lost_connection_takes_the_transaction_back_and_the_next_one_works(place: Place) -> None:
    ledger = place.open()
    engine = create_engine(place.url.replace("postgresql:", "postgresql+psycopg:"))
    with pytest.raises(LedgerUnavailable), ledger.write(at=START, actor=RULE) as tx:  # noqa: PT012 (one transaction)
        put_alarm(tx, alarm(1))
        with engine.begin() as connection:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
        put_alarm(tx, alarm(2))
    engine.dispose()
    with ledger.write(at=START, actor=RULE) as tx:
        assert put_alarm(tx, alarm(3)).number == 1
    with ledger.read() as rows:
        assert [one.id for one in rows.alarms.open_on("main")] == ["main-A3"]
    assert ledger.verify() == []


def test_sites_do_not_wait_for_each_other_and_who_waits_too_long_for_one_is_told(place: Place) -> None:
    ledger, other = place.open(), place.open(lock_wait=timedelta(milliseconds=50))
    with ledger.write(at=START, actor=RULE) as tx:
        put_alarm(tx, alarm(1))
        with other.write(at=START, actor=RULE) as second:
            assert put_alarm(second, alarm(1, site="annex")).number == 1
        with pytest.raises(LedgerUnavailable, match="lock timeout"), other.write(at=START, actor=RULE) as second:
            second.take("main")
    assert ledger.verify() == []


def test_a_server_that_takes_no_writes_is_not_ready(place: Place) -> None:
    ledger = place.open()
    engine = create_engine(place.url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("ALTER DATABASE shared SET default_transaction_read_only = on"))
        try:
            standby = place.open()
            with pytest.raises(LedgerUnavailable, match="takes no writes"):
                standby.check()
            with pytest.raises(LedgerUnavailable, match="read-only"), standby.write(at=START, actor=RULE) as tx:
                put_alarm(tx, alarm(1))
        finally:
            connection.execute(text("SET default_transaction_read_only = off"))
            connection.execute(text("ALTER DATABASE shared RESET default_transaction_read_only"))
    engine.dispose()
    ledger.check()


def test_a_holder_that_falls_silent_in_a_transaction_loses_it_and_its_lease_can_be_taken(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialects, "MOST_SILENT", timedelta(milliseconds=300))
    holder, other = place.open(), place.open()
    lease = take(holder, "a")
    with pytest.raises(LedgerUnavailable), holder.write(at=START, actor=RULE) as tx:  # noqa: PT012 (one transaction)
        tx.leases.hold(lease)
        put_alarm(tx, alarm(1))
        assert take(other, "b").epoch == 2  # waits until the database has ended the silent one
    with other.read() as rows:
        assert rows.alarms.open_on("main") == []


def test_every_connection_ends_soon_after_the_server_cannot_be_reached_any_more(migrated_database: str) -> None:
    store = dialects.store_of(migrated_database, lock_wait=timedelta(seconds=1))
    with store.writing() as writer, store.looking() as reader:
        for connection in (writer, reader):
            driver: Any = connection.connection.driver_connection
            told = driver.info.get_parameters()
            unheard_s = int(told["keepalives_idle"]) + int(told["keepalives_interval"]) * int(told["keepalives_count"])
            assert int(told["tcp_user_timeout"]) == 10_000  # milliseconds, of what was sent and not taken
            assert unheard_s <= 11
    store.dispose()
