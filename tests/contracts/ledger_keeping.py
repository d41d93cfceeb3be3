"""The ledger's contract: the registry, memories, quarantine, accounts, heartbeats and marks."""

# ruff: noqa: PT012 (what must fail is a transaction, and that is a block)

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from domain.assets import Adoption, Building, Site, Zone
from domain.errors import Conflict, NotFound
from domain.overrides import Override
from domain.people import Person, Role, Session, Token
from domain.ports.ledger import DeviceFilter, Heartbeat, Ledger, ProcessBeat, Rows
from domain.readings import Reject, RejectReason
from domain.rules import Severity
from tests.contracts.ledger_values import RULE, START, TITLE, Broken, after, device


class OverrideContract:
    """Other limits and severities for some devices."""

    def test_overrides_are_kept_by_site_and_each_change_moves_the_registry(self, ledger: Ledger) -> None:
        hot = Override(
            id="main-V1",
            site="main",
            kind="elevator",
            devices=frozenset({"E-03"}),
            limit="motor_limit_c",
            level=95.0,
            reason="a hotter motor",
            by="chen",
            at=START,
        )
        grave = Override(
            id="annex-V1",
            site="annex",
            kind="elevator",
            tags=frozenset({"goods"}),
            rule="door_held",
            severity=Severity.ADVISORY,
            reason="loading takes long",
            by="import",
            at=START,
        )
        revisions = [_revision(ledger)]
        for put in (hot, grave, replace(hot, level=90.0), replace(hot, level=90.0)):
            with ledger.write(at=START, actor=RULE) as tx:
                tx.overrides.put(put)
            revisions.append(_revision(ledger))
        assert sorted(set(revisions)) == revisions[:4]
        assert revisions[4] == revisions[3], "the same again is no change"
        with ledger.read() as rows:
            assert rows.overrides.every() == [grave, replace(hot, level=90.0)]
            assert rows.overrides.every(frozenset({"main"})) == [replace(hot, level=90.0)]
            assert rows.overrides.get("annex-V1") == grave
        with pytest.raises(Conflict), ledger.write(at=START, actor=RULE) as tx:
            tx.overrides.put(replace(grave, id="main-V1"))
        with ledger.write(at=START, actor=RULE) as tx:
            tx.overrides.remove("main-V1")
        assert _revision(ledger) > revisions[4]
        with pytest.raises(NotFound), ledger.write(at=START, actor=RULE) as tx:
            tx.overrides.remove("main-V1")
        with ledger.read() as rows, pytest.raises(NotFound):
            rows.overrides.get("main-V1")


def _revision(ledger: Ledger) -> int:
    with ledger.read() as rows:
        return rows.devices.revision()


class RegistryContract:
    """Sites and devices, and what judging remembers of them."""

    def test_a_site_of_a_part_that_went_back_is_not_there(self, ledger: Ledger) -> None:
        site = Site(id="main", name=TITLE)
        with ledger.write(at=START, actor=RULE) as tx:
            assert tx.devices.sites() == []
            with contextlib.suppress(Broken), tx.savepoint():
                tx.devices.put_site(site)
                assert tx.devices.sites() == [site]
                raise Broken
            assert tx.devices.sites() == []

    def test_sites_and_devices_come_back_and_every_real_change_moves_the_revision(self, ledger: Ledger) -> None:
        site = Site(
            id="main", name=TITLE, buildings=(Building(id="B1", name=TITLE, zones=(Zone(id="L", name=TITLE),)),)
        )
        lift = device("E-1", limits={"rated_speed_mps": 2.5}, tags=frozenset({"b", "a"}), interval=timedelta(seconds=5))
        revisions = []
        with ledger.write(at=START, actor=RULE) as tx:
            for change in (
                lambda: None,
                lambda: tx.devices.put_site(site),
                lambda: tx.devices.put(lift),
                lambda: tx.devices.put(replace(lift, building="B1")),
            ):
                change()
                revisions.append(tx.devices.revision())
            tx.devices.put(replace(lift, building="B1"))
            tx.devices.put_site(site)
            assert tx.devices.revision() == revisions[-1]
        assert revisions == sorted(set(revisions))
        with ledger.read() as rows:
            assert rows.devices.sites() == [site]
            assert rows.devices.get("main", "E-1") == replace(lift, building="B1")
            with pytest.raises(NotFound):
                rows.devices.get("annex", "E-1")

    def test_devices_are_filtered_and_paged(self, ledger: Ledger) -> None:
        lift, found = device("E-1", building="B1"), device("E-2", adoption=Adoption.DISCOVERED)
        pump = replace(device("P-1", site="annex", first_seen=START), kind="fire_pump")
        with ledger.write(at=START, actor=RULE) as tx:
            for one in (lift, found, pump):
                tx.devices.put(one)
        with ledger.read() as rows:
            assert rows.devices.every() == [pump, lift, found]
            for which, expected in (
                (DeviceFilter(), [pump, lift, found]),
                (DeviceFilter(sites=frozenset({"main"})), [lift, found]),
                (DeviceFilter(kind="fire_pump"), [pump]),
                (DeviceFilter(building="B1"), [lift]),
                (DeviceFilter(discovered=True), [found]),
                (DeviceFilter(discovered=False), [pump, lift]),
            ):
                assert list(rows.devices.page(which, after=None, most=9).items) == expected, which
            page = rows.devices.page(DeviceFilter(), after=None, most=2)
            assert list(rows.devices.page(DeviceFilter(), after=page.next, most=2).items) == [found]

    def test_memories_are_replaced_and_loaded(self, ledger: Ledger) -> None:
        many = [("main", f"D-{number}", bytes([0, number % 256, 255])) for number in range(3000)]
        with ledger.write(at=START, actor=RULE) as tx:
            tx.memories.put_many(many)
            tx.memories.put_many([])
            tx.memories.put_many([("main", "D-0", b"new"), ("annex", "D-0", b"")])
            with pytest.raises(Broken), tx.savepoint():
                tx.memories.put_many([("main", "D-0", b"undone")])
                raise Broken
        with ledger.read() as rows:
            assert sorted(rows.memories.load()) == sorted([*many[1:], ("main", "D-0", b"new"), ("annex", "D-0", b"")])
            assert list(rows.memories.load("annex")) == [("annex", "D-0", b"")]
            assert rows.memories.get("main", "D-1") == b"\x00\x01\xff"
            assert rows.memories.get("main", "D-none") is None


class KeepingContract:
    """Quarantine, accounts, heartbeats, marks."""

    REJECT = Reject(RejectReason.NOT_JSON, "expected value at line 1")

    def test_the_same_bad_message_is_counted_and_another_is_another_entry(self, ledger: Ledger) -> None:
        range_ = Reject(RejectReason.OUT_OF_RANGE, "99 > 5", "speed_mps")
        with ledger.write(at=START, actor=RULE) as tx:
            tx.quarantine.put("wk/v1/a", b"{" * 5000, self.REJECT)
            tx.quarantine.put("wk/v1/a", b"x", self.REJECT)
            tx.quarantine.put("wk/v1/a", b"x", range_)
            tx.quarantine.put("wk/v1/a", b"x", replace(range_, metric="load_pct"))
            tx.quarantine.put("wk/v1/b", b"x", range_)
        with ledger.write(at=after(seconds=1), actor=RULE) as tx:
            tx.quarantine.put("wk/v1/a", b"x", range_)
        with ledger.read() as rows:
            page = rows.quarantine.page(after=None, most=2)
            newest = page.items[0]
            assert (newest.topic, newest.reason, newest.metric, newest.count) == (
                "wk/v1/a",
                "out_of_range",
                "speed_mps",
                2,
            )
            assert (newest.first_at, newest.last_at) == (START, after(seconds=1))
            rest = rows.quarantine.page(after=page.next, most=9).items
            assert len({entry.id for entry in (*page.items, *rest)}) == 5
            large = next(entry for entry in rest if entry.size == 5000)
            assert (large.head, large.metric, large.detail) == (b"{" * 4096, None, self.REJECT.detail)
            assert rows.quarantine.total() == 6

    def test_anything_can_be_quarantined(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            tx.quarantine.put(
                "a\0b\ud800" + "c" * 70_000, b"\x00\xff", Reject(RejectReason.BAD_TOPIC, "\0\udfff", "\0")
            )
        with ledger.read() as rows:
            (entry,) = rows.quarantine.page(after=None, most=9).items
            assert entry.topic.startswith("a\ufffdb")
            assert len(entry.topic) <= 1024
            assert entry.head == b"\x00\xff"

    def test_the_oldest_entries_make_room_and_the_total_goes_on(self, ledger: Ledger) -> None:
        with ledger.write(at=START, actor=RULE) as tx:
            for number in range(10_000):
                tx.quarantine.put("t", b"%d" % number, self.REJECT)
            tx.quarantine.put("t", b"0", self.REJECT)
        with ledger.write(at=after(seconds=1), actor=RULE) as tx:
            tx.quarantine.put("t", b"0", self.REJECT)  # heard again: no longer the oldest
            tx.quarantine.put("t", b"new", self.REJECT)
        with ledger.read() as rows:
            heads = {entry.head for entry in rows.quarantine.page(after=None, most=10_000).items}
            assert len(heads) == 10_000
            assert {b"0", b"new"} <= heads
            assert b"1" not in heads
            assert rows.quarantine.total() == 10_003

    def test_people_and_tokens_are_kept_by_name_and_digest(self, ledger: Ledger) -> None:
        wang = Person(
            name="wang", role=Role.OPERATOR, password_hash="argon2", full_name="王", sites=frozenset({"main"})
        )
        chief = Person(name="chief", role=Role.MANAGER, password_hash="x", created_at=START)
        token = Token(name="erp", role=Role.VIEWER, digest="d1", created_at=START, expires_at=after(days=9))
        with ledger.write(at=START, actor=RULE) as tx:
            tx.accounts.put_person(replace(wang, disabled=True))
            tx.accounts.put_person(wang)
            tx.accounts.put_person(chief)
            tx.accounts.put_token(token)
            tx.accounts.put_token(replace(token, revoked_at=START))
        with ledger.read() as rows:
            assert rows.accounts.person("wang") == wang
            assert rows.accounts.people() == [chief, wang]
            assert rows.accounts.person("nobody") is None
            assert rows.accounts.token("d1") == replace(token, revoked_at=START)
            assert rows.accounts.tokens() == [replace(token, revoked_at=START)]
            assert rows.accounts.token("d2") is None

    def test_sessions_end_one_by_one_all_at_once_and_by_age(self, ledger: Ledger) -> None:
        def session(digest: str, person: str, hours: float) -> Session:
            return Session(digest=digest, person=person, csrf="c", created_at=START, expires_at=after(hours=hours))

        def present(rows: Rows) -> set[str]:
            return {digest for digest in "abcde" if rows.accounts.session(digest) is not None}

        with ledger.write(at=START, actor=RULE) as tx:
            for digest, person, hours in (("a", "wang", 1), ("b", "wang", 9), ("c", "li", 9), ("d", "li", 9)):
                tx.accounts.put_session(session(digest, person, hours))
            assert tx.accounts.session("a") == session("a", "wang", 1)
        with ledger.write(at=after(hours=1), actor=RULE) as tx:
            tx.accounts.end_session("d")
            tx.accounts.end_session("d")
            assert present(tx) == {"a", "b", "c"}
            tx.accounts.put_session(session("e", "chen", 9))
            assert present(tx) == {"b", "c", "e"}
            tx.accounts.end_sessions_of("wang")
            assert present(tx) == {"c", "e"}

    def test_processes_beat_beside_the_sites_until_they_are_forgotten(self, ledger: Ledger) -> None:
        def beat(ordinal: int, process: str) -> ProcessBeat:
            return ProcessBeat(
                role="ingest", ordinal=ordinal, at=START, process=process, ready=True, detail="all is well"
            )

        with ledger.write(at=START, actor=RULE) as tx:
            tx.heartbeats.beat(Heartbeat("ingest", START))
            for each in (beat(10, "here:1"), beat(2, "here:2"), beat(10, "here:3")):
                tx.heartbeats.beat_process(each)
            tx.heartbeats.beat_process(ProcessBeat(role="else", ordinal=0, at=START, process="", ready=False))
        with ledger.read() as rows:
            assert rows.heartbeats.processes("ingest") == [beat(2, "here:2"), beat(10, "here:3")]
            assert [each.site for each in rows.heartbeats.all()] == ["ingest"]
        with ledger.write(at=START, actor=RULE) as tx:
            for _ in range(2):
                tx.heartbeats.forget_process("ingest", 2)
        with ledger.read() as rows:
            assert rows.heartbeats.processes("ingest") == [beat(10, "here:3")]

    def test_heartbeats_and_marks_are_replaced(self, ledger: Ledger) -> None:
        late = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
        with ledger.write(at=START, actor=RULE) as tx:
            tx.heartbeats.beat(Heartbeat("main", START))
            tx.heartbeats.beat(Heartbeat("main", late, {"turn": 7, "lag_s": 0.5}))
            tx.heartbeats.beat(Heartbeat("annex", datetime(1969, 1, 1, tzinfo=UTC)))
            tx.marks.put("publisher", "main:1")
            tx.marks.put("publisher", "main:2")
        with ledger.read() as rows:
            assert rows.heartbeats.all() == [
                Heartbeat("annex", datetime(1969, 1, 1, tzinfo=UTC)),
                Heartbeat("main", late, {"turn": 7, "lag_s": 0.5}),
            ]
            assert rows.marks.get("publisher") == "main:2"
