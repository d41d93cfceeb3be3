"""The ledger's contract: leases, and writes that carry one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from domain.errors import Conflict, Fenced
from domain.lease import ALERTING, Lease
from domain.ports.ledger import Ledger
from tests.contracts.ledger_values import RULE, START, alarm, put_alarm


def seen_in(ledger: Ledger) -> Lease | None:
    """The lease as it is committed."""
    with ledger.read() as rows:
        return rows.leases.get(ALERTING)


def take(ledger: Ledger, holder: str, *, place: str | None = None) -> Lease:
    """Take the lease from whoever has it."""
    with ledger.write(at=START, actor=RULE) as tx:
        return tx.leases.take(ALERTING, holder, place=place, seen=tx.leases.get(ALERTING))


class LeaseContract:
    """One holder, each under an epoch of its own."""

    def test_each_taking_has_an_epoch_of_its_own_and_one_that_is_handed_over_keeps_it(self, ledger: Ledger) -> None:
        assert seen_in(ledger) is None
        first = take(ledger, "a", place="here")
        assert seen_in(ledger) == first == Lease(name=ALERTING, holder="a", epoch=1, place="here")
        with ledger.write(at=START, actor=RULE) as tx:
            tx.leases.release(first)
        assert seen_in(ledger) == replace(first, holder=None, place=None)
        assert take(ledger, "b").epoch == 2

    def test_of_two_who_saw_that_nobody_has_it_one_takes_it(self, ledger: Ledger, other: Ledger) -> None:
        first = take(other, "a")
        with pytest.raises(Conflict), ledger.write(at=START, actor=RULE) as tx:
            tx.leases.take(ALERTING, "b", place=None, seen=None)
        assert seen_in(ledger) == first

    def test_of_two_who_saw_the_same_holder_one_takes_it(self, ledger: Ledger, other: Ledger) -> None:
        seen = take(ledger, "a")
        with other.write(at=START, actor=RULE) as tx:
            second = tx.leases.take(ALERTING, "b", place=None, seen=seen)
        with pytest.raises(Conflict), ledger.write(at=START, actor=RULE) as tx:
            tx.leases.take(ALERTING, "c", place=None, seen=seen)
        assert seen_in(ledger) == second

    def test_one_that_was_renewed_since_it_was_seen_is_not_taken(self, ledger: Ledger, other: Ledger) -> None:
        seen = take(ledger, "a")
        with ledger.write(at=START, actor=RULE) as tx:
            renewed = tx.leases.renew(seen, alone_at=None)
        assert renewed.renewals == seen.renewals + 1
        with pytest.raises(Conflict), other.write(at=START, actor=RULE) as tx:
            tx.leases.take(ALERTING, "b", place=None, seen=seen)

    def test_a_holder_sees_who_waits_until_nobody_looks_again(self, ledger: Ledger, other: Ledger) -> None:
        lease = take(ledger, "a")
        with other.write(at=START, actor=RULE) as tx:
            tx.leases.wait(ALERTING, "b")
        with ledger.write(at=START, actor=RULE) as tx:
            seen = tx.leases.renew(lease, alone_at=0)
        assert (seen.standby, seen.standby_looks) == ("b", 1)
        with ledger.write(at=START, actor=RULE) as tx:
            assert tx.leases.renew(lease, alone_at=1).standby is None

    def test_after_another_took_it_nothing_of_the_old_holder_happens(self, ledger: Ledger, other: Ledger) -> None:
        old = take(ledger, "a")
        new = take(other, "a")  # the same name: the epoch tells them apart
        fenced = pytest.raises(Fenced, match="under epoch 1; now a under epoch 2")
        with fenced, ledger.write(at=START, actor=RULE) as tx:
            put_alarm(tx, alarm(1))
            tx.leases.hold(old)
        with pytest.raises(Fenced), ledger.write(at=START, actor=RULE) as tx:
            tx.leases.renew(old, alone_at=None)
        with ledger.write(at=START, actor=RULE) as tx:
            tx.leases.release(old)
        assert seen_in(ledger) == new
        with ledger.read() as rows:
            assert rows.alarms.open_on("main") == []

    def test_a_released_lease_holds_nothing(self, ledger: Ledger) -> None:
        lease = take(ledger, "a")
        with ledger.write(at=START, actor=RULE) as tx:
            tx.leases.release(lease)
        with pytest.raises(Fenced), ledger.write(at=START, actor=RULE) as tx:
            tx.leases.hold(lease)

    def test_a_taking_waits_for_the_holders_transaction_so_that_none_commits_after_it(
        self, ledger: Ledger, other: Ledger
    ) -> None:
        old = take(ledger, "a")

        def taken() -> tuple[int, int]:
            lease = take(other, "b")
            with other.read() as rows:
                return lease.epoch, len(rows.alarms.open_on("main"))

        with ThreadPoolExecutor(1) as pool:
            with ledger.write(at=START, actor=RULE) as tx:
                tx.leases.hold(old)
                taking = pool.submit(taken)
                put_alarm(tx, alarm(1))
                assert not taking.done()
            assert taking.result(timeout=30) == (2, 1)
