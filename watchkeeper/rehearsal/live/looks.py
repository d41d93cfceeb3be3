"""Looks: what a script expects, held against what the API of a server that runs answers.

Promises: one sentence for each thing that is not as expected. Only what happened since the play began, on the devices
of the script, is looked at: the server may have other things to do. What depends on the server's own people, shifts and
wall clock (who is called, instants, counts of events) is left out. Leaves to others: when to look (`play`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from simulators.expected import AlarmExpected, OrderExpected
from simulators.scenario import Expects
from watchkeeper.rehearsal.live.server import Server

Found = dict[str, Any]
_API = "/api/v1"


class Looks:
    """The eyes of a play that began at `since`, on `devices` of a site."""

    def __init__(self, server: Server, site: str, devices: frozenset[str], since: datetime) -> None:
        self._server, self._site, self._devices, self._since = server, site, devices, since

    def alarm(self, rule: str, device: str | None) -> Found | None:
        """The newest alarm of a rule, on a device if one is named."""
        return _newest(self._alarms(), "rule", rule, device)

    def order(self, template: str, device: str | None) -> Found | None:
        """The newest order of a template, on a device if one is named."""
        return _newest(self._orders(), "template", template, device)

    def open_before(self) -> list[str]:
        """Alarms and work orders of the devices that are open already."""
        alarms = self._server.items(f"{_API}/alarms", site=self._site, standing="all")
        orders = self._server.items(f"{_API}/work-orders", site=self._site)
        found = [f"{one['rule']} on {one['device']}" for one in alarms if one["device"] in self._devices]
        return found + [f"{one['number']} for {one['device']}" for one in orders if one["device"] in self._devices]

    def missed(self, expected: Expects) -> list[str]:
        """What is not as expected, a sentence each."""
        alarms, problems = self._alarms(), []
        matched = set()
        for one in expected.alarms:
            name = f"alarm {one.rule}" + (f" on {one.device}" if one.device else "")
            found = _newest(alarms, "rule", one.rule, one.device)
            if found is None:
                problems.append(f"there is no {name}")
                continue
            matched.add(found["id"])
            problems += _differences(name, _of_alarm(one, found))
        for alarm in alarms if not expected.others else ():
            unseen = expected.hidden and alarm["standing"] != "announced"
            mine = alarm["device"] in self._devices and alarm["id"] not in matched
            if mine and alarm["state"] != "normal" and not unseen:
                problems.append(f"nobody expected {alarm['rule']} on {alarm['device']}, which is {alarm['state']}")
        return problems + list(self._missed_orders(expected))

    def _missed_orders(self, expected: Expects) -> Iterator[str]:
        orders = self._orders() if expected.orders else ()
        for one in expected.orders:
            name = f"order {one.template}" + (f" on {one.device}" if one.device else "")
            found = _newest(orders, "template", one.template, one.device)
            if found is None:
                yield f"there is no {name}"
            else:
                yield from _differences(name, _of_order(one, found))

    def _alarms(self) -> list[Found]:
        found = self._server.items(f"{_API}/alarms", site=self._site, state="all", standing="all")
        return [one for one in found if datetime.fromisoformat(one["last_raised_at"]) >= self._since]

    def _orders(self) -> list[Found]:
        found = [
            one
            for ended in ("false", "true")
            for one in self._server.items(f"{_API}/work-orders", site=self._site, ended=ended)
        ]
        return [one for one in found if datetime.fromisoformat(one["opened_at"]) >= self._since]


def _newest(found: Sequence[Found], field: str, wanted: str, device: str | None) -> Found | None:
    return next((one for one in found if one[field] == wanted and device in (None, one["device"])), None)


def _of_alarm(expected: AlarmExpected, found: Found) -> dict[str, tuple[object, object]]:
    return {
        "state": (expected.state, found["state"]),
        "standing": (expected.standing, found["standing"]),
        "severity": (expected.severity, found["severity"]),
        "life_safety": (expected.life_safety, found["life_safety"]),
        "active": (expected.active, found["signal_active"]),
        "occurrences": (expected.occurrences, found["occurrences"]),
        "acknowledged_by": (expected.acknowledged_by, found["acknowledged_by"]),
    }


def _of_order(expected: OrderExpected, found: Found) -> dict[str, tuple[object, object]]:
    clocks = {clock["name"]: _word(clock) for clock in found["clocks"]}
    return {
        "state": (expected.state, found["state"]),
        "severity": (expected.severity, found["severity"]),
        "owner": (expected.owner, found["owner"]),
        "assignee": (expected.assignee, found["assignee"]),
        "alarms": (expected.alarms, len(found["alarms"])),
        "rework": (expected.rework, found["rework"]),
        **{f"clock {name}": (word, clocks.get(name, "not begun")) for name, word in expected.clocks.items()},
    }


def _word(clock: Found) -> str:
    """Where a clock stands, in the words of a script."""
    if clock["met_at"] is not None:
        return "met_late" if clock["breached_at"] is not None else "met"
    if clock["breached_at"] is not None:
        return "breached"
    if clock["held_since"] is not None:
        return "held"
    return "running" if clock["warned_at"] is None else "warned"


def _differences(name: str, fields: dict[str, tuple[object, object]]) -> Iterator[str]:
    for field, (expected, found) in fields.items():
        if expected is not None and expected != found:
            yield f"{name}: {field} is {found}, expected {expected}"
