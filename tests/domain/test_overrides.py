"""Which override counts for a device: what names it more closely, and of two alike the later one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from domain.assets import Device
from domain.overrides import Closeness, Override, in_force
from domain.rules import Severity

START = datetime(2026, 3, 1, tzinfo=UTC)
PLAIN = Device(site="main", id="E-01", kind="elevator", model="K-2", tags=frozenset({"goods", "old"}))
OWN = Device(site="main", id="E-01", kind="elevator", model="K-2", tags=frozenset({"goods"}), limits={"hot": 50.0})
DEFAULTS = {"hot": 10.0, "fast": 1.0}


def hot(level: float, number: int = 1, **meant: Any) -> Override:
    """An override of the limit `hot`."""
    fields: dict[str, Any] = {"site": "main", "kind": "elevator"} | meant
    at = START + timedelta(hours=number)
    return Override(id=f"main-V{number}", reason="r", by="chen", at=at, limit="hot", level=level, **fields)


LADDER = [
    (hot(20.0, 5), Closeness.WHOLE_KIND),
    (hot(30.0, 4, tags=frozenset({"goods"})), Closeness.TAGS),
    (hot(40.0, 3, model="K-2"), Closeness.MODEL),
    (hot(45.0, 2, model="K-2", tags=frozenset({"goods"})), Closeness.MODEL_AND_TAGS),
    (hot(60.0, 1, devices=frozenset({"E-01", "E-07"})), Closeness.NAMED),
]
"""From the least close to the closest, each set earlier than the one before: closeness outranks time."""


@pytest.mark.parametrize("most", range(len(LADDER) + 1))
def test_what_names_the_device_more_closely_counts_whatever_the_order(most: int) -> None:
    chosen = [override for override, _ in LADDER[:most]]
    expected = chosen[-1].level if chosen else 10.0
    for told in list(permutations(chosen))[:24]:
        counts = in_force(PLAIN, DEFAULTS, told)
        assert counts.limits == {"hot": expected, "fast": 1.0}
        assert counts.overrides == tuple(chosen[-1:])
    assert [override.closeness for override, _ in LADDER] == [closeness for _, closeness in LADDER]


def test_the_devices_own_limit_outranks_all_but_what_names_it() -> None:
    without_names = [override for override, _ in LADDER[:-1]]
    assert in_force(OWN, DEFAULTS, without_names).limits["hot"] == 50.0
    assert in_force(OWN, DEFAULTS, without_names).overrides == ()
    assert in_force(OWN, DEFAULTS, [override for override, _ in LADDER]).limits["hot"] == 60.0


def test_of_two_that_name_it_alike_the_later_one_counts() -> None:
    early, late = hot(30.0, 1, tags=frozenset({"goods"})), hot(31.0, 2, tags=frozenset({"old"}))
    assert in_force(PLAIN, DEFAULTS, [late, early]).limits["hot"] == 31.0


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"site": "annex"},
        {"kind": "hydrant"},
        {"model": "K-9"},
        {"tags": frozenset({"new"})},
        {"devices": frozenset("X")},
    ],
)
def test_what_is_for_others_does_not_count(elsewhere: dict[str, Any]) -> None:
    assert in_force(PLAIN, DEFAULTS, [hot(99.0, **elsewhere)]).limits["hot"] == 10.0


def test_severities_and_limits_are_apart() -> None:
    grave = Override(
        id="main-V9", site="main", kind="elevator", reason="r", by="li", at=START, rule="held", severity=Severity.URGENT
    )
    counts = in_force(PLAIN, DEFAULTS, [grave, hot(20.0)])
    assert (counts.limits["hot"], counts.severities) == (20.0, {"held": Severity.URGENT})
    assert [one.id for one in counts.overrides] == ["main-V1", "main-V9"]
