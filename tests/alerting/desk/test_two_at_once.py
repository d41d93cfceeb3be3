"""Two people who act on one order at the same moment, over both databases: one wins, the other is told who."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from adapters.ledger import SqlLedger, ledger_key, migrate, open_ledger
from alerting.desk import Desk, KeptFile, StepDetails
from domain.errors import Conflict
from domain.papers import FileType
from domain.people import Actor
from domain.ports.ledger import Transaction
from domain.texts import text
from domain.workorders import Step
from tests.alerting.desk.scene import COLLEAGUE, FAULT, OPERATOR, TEMPLATES, Scene

Act = Callable[[Desk, Transaction, str, Actor], object]

PHOTO = KeptFile(name="photo", type=FileType.JPEG, size_bytes=10, digest="a" * 64)


@pytest.fixture(params=["sqlite", "postgres"])
def ledgers(request: pytest.FixtureRequest, furnished: Path, tmp_path: Path) -> Iterator[tuple[SqlLedger, SqlLedger]]:
    """One furnished ledger, opened as two processes would."""
    folder = shutil.copytree(furnished, tmp_path / "data")
    url = f"sqlite:///{folder / 'ledger.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("new_database")(f"race_{uuid4().hex}")
        migrate(url)
        (folder / "anchors").unlink(missing_ok=True)
    both = tuple(open_ledger(url, key=ledger_key(folder), anchors=folder / "anchors") for _ in range(2))
    if request.param == "postgres":
        Scene(both[0]).furnish()
    yield both[0], both[1]
    assert both[0].verify() == []
    for ledger in both:
        ledger.close()


ACTS: dict[str, Act] = {
    "accept": lambda desk, tx, order, actor: desk.take_step(tx, order, Step.ACCEPT, actor=actor),
    "refuse": lambda desk, tx, order, actor: desk.take_step(
        tx, order, Step.REFUSE, StepDetails(reason="not ours"), actor=actor
    ),
    "notice": lambda desk, tx, order, actor: desk.edit_notice(
        tx, order, text=text("a", "b", "c"), version=0, actor=actor
    ),
    "file": lambda desk, tx, order, actor: desk.attach_file(tx, order, PHOTO, most_bytes=10**6, actor=actor),
}


@pytest.mark.parametrize("name", ACTS)
def test_of_two_at_once_one_wins_and_the_other_is_told_who(ledgers: tuple[SqlLedger, SqlLedger], name: str) -> None:
    scene, desk = Scene(ledgers[0]), Desk(TEMPLATES)
    gate = threading.Barrier(2)
    done: list[str] = []
    refused: list[Conflict] = []

    def act(ledger: SqlLedger, order: str, actor: Actor) -> None:
        gate.wait()
        try:
            with ledger.write(at=scene.at, actor=actor) as tx:
                ACTS[name](desk, tx, order, actor)
            done.append(actor.name)
        except Conflict as conflict:
            refused.append(conflict)

    for device in ("E-1", "E-2", "E-3", "E-4", "E-5"):
        order = str(scene.activate(FAULT, device=device).work_order)
        if name == "refuse":
            scene.step(order, Step.DISPATCH, assignee="firm")
        threads = [
            threading.Thread(target=act, args=(ledger, order, actor))
            for ledger, actor in zip(ledgers, (OPERATOR, COLLEAGUE), strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(done), len(refused)) == (1, 1), "one wins"
        assert refused.pop().winner == done.pop(), "and the other is told who"
