"""Who alerts: the decisions, look by look."""

from __future__ import annotations

from msgspec.structs import replace

from domain.lease import (
    ALERTING,
    GIVE_WAY_LOOKS,
    STALE_LOOKS,
    Company,
    Finding,
    Lease,
    Outlook,
    company_of,
    gives_way,
    look,
)

HELD = Lease(name=ALERTING, holder="a", epoch=3, place="the machine of a", renewals=7)


def findings(*leases: Lease | None, place: str | None = None) -> list[Finding]:
    """What one who looks at these in turn finds."""
    outlook, found = Outlook(), []
    for lease in leases:
        outlook, finding = look(outlook, lease, place=place)
        found.append(finding)
    return found


def test_a_lease_that_nobody_holds_is_free_at_the_first_look() -> None:
    assert findings(None) == [Finding.FREE]
    assert findings(replace(HELD, holder=None)) == [Finding.FREE]


def test_a_holder_that_renews_is_never_disturbed() -> None:
    renewed = [replace(HELD, renewals=number // STALE_LOOKS) for number in range(20 * STALE_LOOKS)]
    assert set(findings(*renewed)) == {Finding.HELD}


def test_a_holder_that_does_not_renew_is_stale_after_so_many_looks_since_the_first() -> None:
    assert findings(*[HELD] * (STALE_LOOKS + 1)) == [Finding.HELD] * STALE_LOOKS + [Finding.STALE]


def test_another_holder_has_its_full_time_however_long_the_one_before_was_silent() -> None:
    other = replace(HELD, holder="b", epoch=4)
    found = findings(*[HELD] * STALE_LOOKS, *[other] * (STALE_LOOKS + 1))
    assert found == [Finding.HELD] * (2 * STALE_LOOKS) + [Finding.STALE]


def test_whoever_has_the_place_of_the_holder_knows_that_its_process_ended() -> None:
    assert findings(HELD, place="the machine of a") == [Finding.ENDED]
    assert findings(HELD, place="another machine") == [Finding.HELD]
    assert findings(replace(HELD, place=None), place="another machine") == [Finding.HELD]


def test_a_holder_knows_who_waits_until_nobody_has_looked_for_a_while() -> None:
    company = company_of(Company(), replace(HELD, standby="b", standby_looks=1))
    assert company.name == "b"
    names = []
    for _ in range(STALE_LOOKS):
        company = company_of(company, replace(HELD, standby="b", standby_looks=1))
        names.append(company.name)
    assert names == ["b"] * (STALE_LOOKS - 1) + [None]
    assert company_of(company, replace(HELD, standby="c", standby_looks=2)).name == "c"


def test_a_holder_that_cannot_renew_leaves_only_when_somebody_waits_and_before_it_is_stale() -> None:
    assert not gives_way(1000, Company())
    assert not gives_way(GIVE_WAY_LOOKS - 1, Company("b"))
    assert gives_way(GIVE_WAY_LOOKS, Company("b"))
    assert GIVE_WAY_LOOKS < STALE_LOOKS
