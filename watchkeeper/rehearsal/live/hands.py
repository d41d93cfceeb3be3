"""Hands: what the people of a script do, through the API of a server that runs.

Promises: one call for each act; the path and the body say what the desk is asked for. Leaves to others: what may follow
what (the server), whether it was allowed as expected (`play`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from alerting.desk import STEP_FIELDS
from simulators import scenario
from watchkeeper.rehearsal.live.server import Server

Call = tuple[str, dict[str, Any]]
"""A path, and what is told there."""

Find = Callable[[str, str | None], str]
"""The id of the newest alarm of a rule, or order of a template, on a device if one is named."""

_API = "/api/v1"


class LiveHands:
    """Everybody's hands, on one site of a server. `alarm` and `order` find what a step names."""

    def __init__(self, server: Server, site: str, alarm: Find, order: Find) -> None:
        self._server, self._site, self._alarm, self._order = server, site, alarm, order

    def calls(self, step: scenario.PersonStep, at: datetime) -> Iterator[Call]:
        """The calls of a step at `at`."""
        match step:
            case scenario.RaisesByHand():
                yield f"{_API}/alarms", _raised(step, self._site)
            case scenario.Shelves() | scenario.Unshelves() | scenario.Acknowledges() | scenario.Comments():
                yield self._of_alarm(step, at)
            case scenario.Ends():
                yield self._of_alarm(step, at)
            case scenario.TakesSteps():
                yield from self._steps(step, at)
            case scenario.Notes() | scenario.Promises() | scenario.Stamps():
                yield self._of_order(step, at)
            case _:
                yield self._of_device(step, at)

    def _of_alarm(self, step: scenario.PersonStep, at: datetime) -> Call:
        match step:
            case scenario.Shelves(reason=reason, lasts=lasts):
                verb, told = "shelve", {"reason": reason, "until": (at + lasts).isoformat()}
            case scenario.Unshelves():
                verb, told = "unshelve", {}
            case scenario.Acknowledges(note=note):
                verb, told = "acknowledge", {"note": note} if note is not None else {}
            case scenario.Comments(note=note):
                verb, told = "comment", {"note": note}
            case scenario.Ends(note=note):
                verb, told = "end", {"note": note}
            case _:
                raise AssertionError(f"{type(step).__name__} is nothing that is done to an alarm")
        return f"{_API}/alarms/{self._alarm(step.rule, step.device)}/{verb}", dict(told)

    def _of_device(self, step: scenario.PersonStep, at: datetime) -> Call:
        match step:
            case scenario.TakesOut(device=device, reason=reason, lasts=lasts):
                told = {"reason": reason, "expected_return": (at + lasts).isoformat()}
                return f"{_API}/devices/{self._site}/{device}/out-of-service", told
            case scenario.BringsBack(device=device, note=note):
                return f"{_API}/devices/{self._site}/{device}/return", {"note": note}
            case scenario.BeginsTest():
                return f"{_API}/tests", _tested(step, self._site, at)
            case scenario.EndsTest(note=note):
                measures = self._server.get(f"{_API}/measures", site=self._site, type="test")["items"]
                return f"{_API}/tests/{measures[-1]['id'] if measures else 'none'}/end", {"note": note}
            case _:
                raise AssertionError(f"{type(step).__name__} is not played live")

    def _of_order(self, step: scenario.Notes | scenario.Promises | scenario.Stamps, at: datetime) -> Call:
        path = f"{_API}/work-orders/{self._order(step.template, step.device)}"
        match step:
            case scenario.Notes(note=note, plan=plan):
                return f"{path}/note", {"note": note, "plan": plan}
            case scenario.Promises(within=within, told=told_whom):
                return f"{path}/promise", {"until": (at + within).isoformat(), "told_whom": told_whom}
            case scenario.Stamps(stamp=stamp):
                return f"{path}/stamp", {"name": stamp}

    def _steps(self, step: scenario.TakesSteps, at: datetime) -> Iterator[Call]:
        said = {name: getattr(step, name) for name in ("assignee", "reason", "approver", "cause", "verdict")}
        said["until"] = None if step.wait is None else (at + step.wait).isoformat()
        for one in step.take:
            row = STEP_FIELDS[one]
            told = {name: said[name] for name in row.must | row.may if name in said}
            yield f"{_API}/work-orders/{self._order(step.template, step.device)}/{one}", {**told, "note": step.note}


def _raised(step: scenario.RaisesByHand, site: str) -> dict[str, Any]:
    return {
        "site": site,
        "subject": {"type": "device", "id": step.device},
        "severity": step.severity.value,
        "title": step.title.en,
        "note": step.note,
        "life_safety": step.life_safety,
        "template": step.template,
    }


def _tested(step: scenario.BeginsTest, site: str, at: datetime) -> dict[str, Any]:
    return {
        "site": site,
        "reason": step.reason,
        "until": (at + step.lasts).isoformat(),
        "second": step.second,
        "devices": list(step.devices),
        "building": step.building,
        "zone": step.zone,
    }
