"""The duties board: what is overdue stands first, and a manager decides about a cycle with a reason."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace
from playwright.sync_api import expect

from alerting.duties import Duties
from devices.registry import kinds
from domain.duties import Cycle, DutyBook
from domain.duty_cycles import Proposal
from domain.events import EventType
from tests.console.conftest import SignIn
from tests.console.staging import MANAGER, SITE, Stage
from tests.services import REPOSITORY
from watchkeeper.config_files import load_config

LIFT = f"{SITE}.elevator_maintenance.E-01"


def owe(stage: Stage) -> None:
    """Elevator maintenance has been owed for 17 days, and nobody has done it."""
    shipped = load_config(REPOSITORY / "config", kinds()).duties
    stage.parts.desk.duties = DutyBook(duties={"elevator_maintenance": shipped.duties["elevator_maintenance"]})
    duties = Duties(stage.parts.desk)
    for ago in (timedelta(days=17), timedelta(0)):
        with stage.act(ago=ago) as tx:
            duties.load(tx)
            duties.look(tx, tx.at, due=True)


def test_a_manager_sees_what_is_overdue_and_accepts_a_shorter_cycle(
    stage: Stage, address: str, sign_in: SignIn
) -> None:
    owe(stage)
    with stage.act() as tx:
        tx.take(SITE)
        cycle = tx.duties.get(LIFT)
        proposal = Proposal(cycle=Cycle(days=10), alarms=("a", "b", "c"), order=str(cycle.order), at=tx.at)
        tx.duties.put(replace(cycle, proposal=proposal))
        tx.events.record(EventType.DUTY_REVIEW_PROPOSED, SITE)
    page = sign_in(address, name=MANAGER)
    page.get_by_role("link", name="Duties").click()
    panel = page.get_by_role("region", name="Elevator maintenance")
    expect(panel).to_contain_text("8 overdue")
    expect(panel.get_by_role("row", name="E-01")).to_contain_text("3 failures: 10-day cycle proposed")

    panel.get_by_role("button", name="Accept").click()
    page.get_by_role("dialog").get_by_label("Why").fill("Door drive near its end.")
    page.get_by_role("dialog").get_by_role("button", name="Accept the shorter cycle").click()
    expect(panel.get_by_role("row", name="E-01")).to_contain_text("10-day cycle, by lin")
    with stage.ledger.read() as rows:
        override = rows.duties.get(LIFT).override
    assert override is not None
    assert override.reason == "Door drive near its end."

    page.get_by_label("Only what needs a look").check()
    expect(panel.get_by_role("row")).to_have_count(9)  # a head, and eight that are overdue


def test_a_duty_done_on_paper_is_recorded_where_no_order_is_open(stage: Stage, address: str, sign_in: SignIn) -> None:
    owe(stage)
    with stage.act() as tx:
        tx.take(SITE)
        cycle = tx.duties.get(LIFT)
        tx.duties.put(replace(cycle, order=None))  # as after its order was cancelled
        tx.events.record(EventType.DUTY_OVERDUE, SITE)
    page = sign_in(address, name=MANAGER)
    page.goto(f"{address}/duties")
    panel = page.get_by_role("region", name="Elevator maintenance")
    expect(panel).to_contain_text("8 overdue")
    [button] = panel.get_by_role("button", name="Record as done").all()  # the seven others have an order
    button.click()
    form = page.get_by_role("dialog")
    form.get_by_label("Done by").fill("Lakeside Lift Co.")
    form.get_by_label("How is that known?").fill("Sheet 4711.")
    form.get_by_role("button", name="Record as done").click()
    expect(panel).to_contain_text("7 overdue")
    expect(panel.get_by_role("row", name="E-01")).to_contain_text("Lakeside Lift Co.")
    with stage.ledger.read() as rows:
        [turn] = rows.duties.get(LIFT).done
    assert (turn.by, turn.order) == ("Lakeside Lift Co.", None)
