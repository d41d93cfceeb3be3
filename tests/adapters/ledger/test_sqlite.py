"""What only the embedded ledger promises: one file that several processes share, and that crashes do not hurt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.ledger import open_ledger
from domain.errors import ConfigError, LedgerUnavailable
from tests.adapters.ledger.conftest import Place
from tests.contracts.ledger_values import RULE, START, alarm, put_alarm
from tests.services import REPOSITORY

OPEN = """
import os, resource, signal, sys
from pathlib import Path
from adapters.ledger import ledger_key, open_ledger
from domain.errors import LedgerUnavailable
from tests.contracts.ledger_values import RULE, START, alarm, put_alarm
folder = Path(sys.argv[1])
ledger = open_ledger(f"sqlite:///{folder}/ledger.db", key=ledger_key(folder), anchors=folder / "anchors")
"""


@contextmanager
def process(folder: Path, program: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the ledger open and runs `program` on it."""
    command = [sys.executable, "-c", OPEN + textwrap.dedent(program), str(folder)]
    with subprocess.Popen(command, cwd=REPOSITORY, text=True, stdout=subprocess.PIPE) as child:
        try:
            yield child
        finally:
            child.kill()


def test_processes_that_start_together_make_one_ledger(sqlite: Place) -> None:
    program = """
        with ledger.write(at=START, actor=RULE) as tx:
            print(put_alarm(tx, alarm(os.getpid())).number)
        ledger.close()
    """
    with ExitStack() as stack:
        children = [stack.enter_context(process(sqlite.folder, program)) for _ in range(3)]
        numbers = sorted(int(child.communicate(timeout=60)[0]) for child in children)
    assert numbers == [1, 2, 3]
    assert sqlite.open().verify() == []


def test_after_a_kill_every_committed_act_is_there_and_the_chain_is_sound(sqlite: Place) -> None:
    program = """
        for number in range(10_000):
            with ledger.write(at=START, actor=RULE) as tx:
                put_alarm(tx, alarm(number))
                put_alarm(tx, alarm(number, site="annex"))
            print(number, flush=True)
    """
    with process(sqlite.folder, program) as child:
        assert child.stdout is not None
        committed = [int(child.stdout.readline()) for _ in range(100)]
        child.send_signal(signal.SIGKILL)
        committed += [int(line) for line in child.stdout if line.endswith("\n")]
    ledger = sqlite.open()
    with ledger.read() as rows:
        there = {one.id for one in rows.alarms.open_on("main")}
    assert {f"main-A{number}" for number in committed} <= there
    assert len(there) <= len(committed) + 1
    assert ledger.verify() == []


def test_a_full_disk_is_unavailable_and_the_ledger_goes_on_when_there_is_room(sqlite: Place) -> None:
    program = """
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        unlimited = resource.RLIM_INFINITY
        used = max(file.stat().st_size for file in folder.iterdir())
        resource.setrlimit(resource.RLIMIT_FSIZE, (used + 100_000, unlimited))
        done = 0
        try:
            while True:
                with ledger.write(at=START, actor=RULE) as tx:
                    put_alarm(tx, alarm(done))
                done += 1
        except LedgerUnavailable as error:
            print("commit:", error)
        try:
            with ledger.write(at=START, actor=RULE) as tx:
                put_alarm(tx, alarm(1000))
                try:
                    with tx.savepoint():  # more than the cache holds: it fails before the commit
                        tx.memories.put_many([("main", str(number), bytes(1000)) for number in range(9000)])
                except LedgerUnavailable as error:
                    print("statement:", error)
                put_alarm(tx, alarm(1001))
        except LedgerUnavailable as error:
            print("transaction:", error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, unlimited))
        with ledger.write(at=START, actor=RULE) as tx:
            put_alarm(tx, alarm(1002))
        with ledger.read() as rows:
            found = {one.id for one in rows.alarms.open_on("main")}
            print(found == {f"main-A{number}" for number in (*range(done), 1002)}, ledger.verify())
    """
    with process(sqlite.folder, program) as child:
        *refused, after = child.communicate(timeout=60)[0].splitlines()
    assert [line.partition(":")[0] for line in refused] == ["commit", "statement", "transaction"]
    assert after == "True []"


def test_a_start_with_tables_of_today_loads_neither_alembic_nor_an_object_mapper(sqlite: Place) -> None:
    sqlite.open().close()
    program = """
        print([name for name in ("alembic", "psycopg", "sqlalchemy.orm") if name in sys.modules])
    """
    with process(sqlite.folder, program) as child:
        assert child.communicate(timeout=60)[0].strip() == "[]"


def test_a_writer_that_waits_too_long_is_told_and_readers_do_not_wait(sqlite: Place) -> None:
    ledger, other = sqlite.open(), sqlite.open(lock_wait=timedelta(milliseconds=50))
    with ledger.write(at=START, actor=RULE) as tx:
        put_alarm(tx, alarm(1))
        with pytest.raises(LedgerUnavailable, match="locked"), other.write(at=START, actor=RULE):
            pass
        with pytest.raises(LedgerUnavailable, match="locked"):
            other.check()
        with other.read() as rows:
            assert rows.alarms.open_on("main") == []
    with other.write(at=START, actor=RULE) as tx:
        assert put_alarm(tx, alarm(2)).number == 2


def test_a_writer_gets_in_beside_another_process_that_hardly_pauses(sqlite: Place) -> None:
    """Alerting in a flood writes so, and people go on acknowledging."""
    busy = """
        import sqlite3, time
        connection = sqlite3.connect(folder / "ledger.db", isolation_level=None)
        while True:
            connection.execute("BEGIN IMMEDIATE")
            print("holds it", flush=True)
            time.sleep(0.3)
            connection.execute("ROLLBACK")
            time.sleep(0.004)
    """
    ledger = sqlite.open(lock_wait=timedelta(seconds=2))
    with process(sqlite.folder, busy) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "holds it\n"
        with ledger.write(at=START, actor=RULE) as tx:
            assert put_alarm(tx, alarm(1)).number == 1


def test_the_files_are_for_their_owner(sqlite: Place) -> None:
    ledger = sqlite.open()
    with ledger.write(at=START, actor=RULE) as tx:
        put_alarm(tx, alarm(1))
    assert {file.name for file in sqlite.folder.iterdir()} >= {"ledger.db", "ledger.db-wal", "anchors", "ledger.key"}
    assert [file.name for file in sqlite.folder.iterdir() if file.stat().st_mode & 0o077] == []


def test_a_ledger_without_its_file_is_not_ready(sqlite: Place) -> None:
    ledger = sqlite.open()
    (sqlite.folder / "ledger.db").unlink()
    with pytest.raises(LedgerUnavailable, match="gone"):
        ledger.check()


def test_a_disk_with_little_room_is_not_ready(sqlite: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = sqlite.open()
    monkeypatch.setattr("adapters.ledger.dialects.LEAST_FREE_BYTES", 2**63)
    with pytest.raises(LedgerUnavailable, match="MiB are free"):
        ledger.check()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/ledger", "ledger.db", ""])
def test_an_address_that_is_no_ledger_is_refused_with_what_to_write(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="Write sqlite"):
        open_ledger(url, key=bytes(32), anchors=tmp_path / "anchors")


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerUnavailable, match="cannot be opened"):
        open_ledger(f"sqlite:///{tmp_path}/file/ledger.db", key=bytes(32), anchors=tmp_path / "anchors")
    assert os.listdir(tmp_path) == ["file"]
