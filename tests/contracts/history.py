"""What every history promises (`domain.ports.history`), checked over each adapter.

An adapter's test module subclasses `HistoryContract` and gives the fixture `open_history`: a callable that opens the
store, and after `close()` opens the same store again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.ports.history import Bucket, History, Latest, Point, Stored
from domain.readings import Channel, Value
from tests.contracts.history_samples import DAY, LIFT, PUMP, SITE, after, reading

OpenHistory = Callable[[], History]


def points(history: History, metric: str, device: str = LIFT) -> list[tuple[float, Value]]:
    """A device's points around `DAY`: (seconds since its beginning, value)."""
    found = history.raw(SITE, device, metric, DAY - timedelta(days=30), DAY + timedelta(days=30), 100_000)
    return [((point.at - DAY).total_seconds(), point.value) for point in found]


class HistoryContract:
    """The suite."""

    @pytest.fixture
    def history(self, open_history: OpenHistory) -> History:
        return open_history()

    def test_what_was_written_is_read_with_its_types(self, history: History) -> None:
        history.write([reading(after(seconds=1), speed_mps=1.75, door="closed", alarm_button=False)])
        assert points(history, "speed_mps") == [(1, 1.75)]
        assert points(history, "door") == [(1, "closed")]
        assert points(history, "alarm_button") == [(1, False)]
        assert type(points(history, "alarm_button")[0][1]) is bool

    def test_an_empty_batch_is_nothing(self, history: History) -> None:
        history.write([])
        assert points(history, "speed_mps") == []

    def test_whole_numbers_are_stored_as_float(self, history: History) -> None:
        history.write([reading(DAY, speed_mps=2)])
        assert points(history, "speed_mps") == [(0, 2.0)]
        assert type(points(history, "speed_mps")[0][1]) is float

    def test_metrics_that_no_kind_declares_come_back_with_their_type(self, history: History) -> None:
        history.write([reading(DAY, noise_db=41, lamp=True, note='said "早" \'', **{"odd \"n'ame": 1.5})])
        assert points(history, "noise_db") == [(0, 41.0)]
        assert points(history, "lamp") == [(0, True)]
        assert points(history, "note") == [(0, 'said "早" \'')]
        assert points(history, "odd \"n'ame") == [(0, 1.5)]
        assert type(points(history, "lamp")[0][1]) is bool

    def test_it_survives_closing(self, open_history: OpenHistory) -> None:
        first = open_history()
        first.write([reading(after(seconds=1), speed_mps=1.0)])
        first.close()
        assert points(open_history(), "speed_mps") == [(1, 1.0)]

    def test_a_batch_written_again_changes_nothing(self, open_history: OpenHistory) -> None:
        batch = [
            reading(after(seconds=second), device, speed_mps=float(second))
            for second in range(50)
            for device in (LIFT, "E-02")
        ]
        history = open_history()
        history.write(batch)
        before = points(history, "speed_mps")
        history.write(batch[30:])
        history.write([batch[3], batch[3]])
        assert points(history, "speed_mps") == before
        history.close()
        history = open_history()
        history.write(batch)
        assert points(history, "speed_mps") == before == [(second, float(second)) for second in range(50)]
        assert points(history, "speed_mps", "E-02") == before

    def test_the_first_value_of_an_identity_stays_and_missing_ones_are_filled(self, open_history: OpenHistory) -> None:
        history = open_history()
        history.write([reading(DAY, speed_mps=1.0, alarm_button=True, extra_a=1)])
        history.close()
        history = open_history()
        history.write([reading(DAY, speed_mps=2.0, door="open", extra_a=2, extra_b="x")])
        ((at, values),) = history.export(SITE, LIFT, DAY, after(days=1))
        assert at == DAY
        assert values == {"speed_mps": 1.0, "alarm_button": True, "door": "open", "extra_a": 1.0, "extra_b": "x"}

    def test_values_of_one_identity_within_a_batch_are_merged(self, history: History) -> None:
        history.write([reading(DAY, speed_mps=1.0), reading(DAY, speed_mps=2.0, door="open", extra_a=True)])
        assert list(history.export(SITE, LIFT, DAY, after(days=1))) == [
            (DAY, {"speed_mps": 1.0, "door": "open", "extra_a": True})
        ]

    def test_channels_and_devices_of_one_instant_are_apart(self, history: History) -> None:
        history.write(
            [
                reading(DAY, speed_mps=1.0),
                reading(DAY, channel=Channel.EVENT, speed_mps=2.0),
                reading(DAY, "E-02", speed_mps=3.0),
            ]
        )
        assert sorted(points(history, "speed_mps")) == [(0, 1.0), (0, 2.0)]
        assert points(history, "speed_mps", "E-02") == [(0, 3.0)]

    def test_a_late_reading_is_found_at_its_own_time(self, history: History) -> None:
        history.write([reading(after(hours=5), speed_mps=5.0)])
        history.write([reading(after(hours=1), received=after(hours=5), speed_mps=1.0)])
        history.write([reading(after(days=-3), received=after(hours=5), speed_mps=0.5)])
        assert points(history, "speed_mps") == [(-3 * 86_400, 0.5), (3_600, 1.0), (5 * 3_600, 5.0)]

    def test_a_reading_with_a_disbelieved_clock_is_stored_once_at_its_first_receipt(
        self, open_history: OpenHistory
    ) -> None:
        sent = after(days=4000)

        def received(hours: float) -> None:
            at = after(hours=hours)
            history.write([reading(at, received=at, sent=sent, clock_suspect=True, speed_mps=1.0)])

        history = open_history()
        received(hours=1)
        received(hours=2)
        history.close()
        history = open_history()
        received(hours=30)
        history.write([reading(after(hours=3), speed_mps=2.0)])
        assert points(history, "speed_mps") == [(3_600, 1.0), (3 * 3_600, 2.0)]

    def test_a_reading_without_ts_is_identified_by_its_receipt(self, history: History) -> None:
        for second in (1, 1, 2):
            history.write([reading(after(seconds=second), without_ts=True, speed_mps=1.0)])
        assert points(history, "speed_mps") == [(1, 1.0), (2, 1.0)]

    def test_raw_has_its_start_but_not_its_end_and_gives_the_oldest_first(self, history: History) -> None:
        history.write([reading(after(seconds=second), speed_mps=float(second)) for second in (3, 1, 2, 0)])
        found = history.raw(SITE, LIFT, "speed_mps", after(seconds=1), after(seconds=3), 10)
        assert found == [Point(after(seconds=1), 1.0), Point(after(seconds=2), 2.0)]
        within = history.raw(SITE, LIFT, "speed_mps", after(seconds=1, microseconds=1), after(seconds=3), 10)
        assert within == [Point(after(seconds=2), 2.0)]
        assert history.raw(SITE, LIFT, "speed_mps", DAY, after(seconds=9), 2) == [
            Point(DAY, 0.0),
            Point(after(seconds=1), 1.0),
        ]

    def test_unknown_names_give_nothing(self, history: History) -> None:
        history.write([reading(DAY, speed_mps=1.0)])
        for site, device, metric in (
            ("other", LIFT, "speed_mps"),
            (SITE, "E-99", "speed_mps"),
            (SITE, LIFT, "pressure_mpa"),
            (SITE, LIFT, "' OR 1=1 --"),
        ):
            assert history.raw(site, device, metric, DAY, after(days=1), 10) == []
            assert history.downsampled(site, device, metric, DAY, after(days=1), 10) == []
        assert history.latest(SITE, "E-99") == []
        assert list(history.export(SITE, "E-99", DAY, after(days=1))) == []

    def test_downsampled_spans_are_equal_and_begin_at_the_start(self, history: History) -> None:
        history.write([reading(after(seconds=second), speed_mps=float(second)) for second in range(100)])
        found = history.downsampled(SITE, LIFT, "speed_mps", after(seconds=5), after(seconds=45), 4)
        assert found == [
            Bucket(after(seconds=5), 10, 5.0, 9.5, 14.0, 14.0),
            Bucket(after(seconds=15), 10, 15.0, 19.5, 24.0, 24.0),
            Bucket(after(seconds=25), 10, 25.0, 29.5, 34.0, 34.0),
            Bucket(after(seconds=35), 10, 35.0, 39.5, 44.0, 44.0),
        ]

    def test_downsampled_leaves_empty_spans_out_and_never_exceeds_the_number_asked_for(self, history: History) -> None:
        history.write([reading(after(seconds=second), speed_mps=1.0) for second in (0, 7, 99)])
        found = history.downsampled(SITE, LIFT, "speed_mps", DAY, after(seconds=100), 7)
        assert [(bucket.start, bucket.count) for bucket in found] == [
            (DAY, 2),
            (DAY + 6 * timedelta(milliseconds=14_286), 1),
        ]
        assert history.downsampled(SITE, LIFT, "speed_mps", after(days=1), DAY, 5) == []

    def test_downsampled_switches_count_as_0_and_1_and_words_only_count(self, history: History) -> None:
        history.write(
            [
                reading(after(seconds=second), alarm_button=second == 2, door=f"door {second}", beep=second > 0)
                for second in range(4)
            ]
        )
        (switch,) = history.downsampled(SITE, LIFT, "alarm_button", DAY, after(seconds=4), 1)
        assert switch == Bucket(DAY, 4, 0.0, 0.25, 1.0, False)
        assert type(switch.last) is bool
        assert history.downsampled(SITE, LIFT, "door", DAY, after(seconds=4), 1) == [
            Bucket(DAY, 4, None, None, None, "door 3")
        ]
        assert history.downsampled(SITE, LIFT, "beep", DAY, after(seconds=4), 1) == [
            Bucket(DAY, 4, 0.0, 0.75, 1.0, True)
        ]

    def test_latest_is_the_newest_of_each_metric(self, history: History) -> None:
        history.write([reading(after(days=-2), door="open", speed_mps=0.5, noise_db=3)])
        history.write([reading(after(seconds=9), speed_mps=9.0)])
        history.write([reading(after(seconds=5), speed_mps=5.0, alarm_button=False)])
        history.write([reading(after(seconds=20), PUMP, kind="fire_pump", running=True)])
        assert history.latest(SITE, LIFT) == [
            Latest("alarm_button", after(seconds=5), False),
            Latest("door", after(days=-2), "open"),
            Latest("noise_db", after(days=-2), 3.0),
            Latest("speed_mps", after(seconds=9), 9.0),
        ]

    def test_export_gives_whole_readings_of_a_range_in_order(self, history: History) -> None:
        history.write([reading(after(hours=hour), speed_mps=float(hour)) for hour in range(-30, 30)])
        history.write([reading(after(hours=1, seconds=1), channel=Channel.EVENT, alarm_button=True, remark="早")])
        found = list(history.export(SITE, LIFT, after(hours=-25), after(hours=26)))
        assert [at for at, _ in found] == sorted(at for at, _ in found)
        assert len(found) == 52
        assert found[0] == (after(hours=-25), {"speed_mps": -25.0})
        assert (after(hours=1, seconds=1), {"alarm_button": True, "remark": "早"}) in found

    def test_whole_readings_come_back_with_their_channel_and_what_of_them_was_bad(self, history: History) -> None:
        history.write([reading(DAY, speed_mps=1.0, bad=("door",))])
        history.write([reading(after(hours=-30), channel=Channel.EVENT, alarm_button=True)])
        history.write([reading(after(seconds=5), channel=Channel.STATUS, online=False)])
        assert list(history.readings(SITE, LIFT, after(days=-2), after(seconds=6))) == [
            Stored(after(hours=-30), Channel.EVENT, {"alarm_button": True}),
            Stored(DAY, Channel.TELEMETRY, {"speed_mps": 1.0}, ("door",)),
            Stored(after(seconds=5), Channel.STATUS, {"online": False}),
        ]
        history.maintain(after(days=4))
        assert len(list(history.readings(SITE, LIFT, after(days=-2), after(seconds=5)))) == 2
        assert list(history.readings(SITE, "E-99", DAY, after(days=1))) == []

    def test_housekeeping_does_not_change_what_is_read(self, history: History) -> None:
        batch = [
            reading(after(hours=hour), speed_mps=float(hour), door="open", noise_db=hour) for hour in range(-50, 30)
        ]
        history.write(batch[::2])
        history.maintain(after(days=2))
        history.write(batch)  # half of it again, half of it late
        history.write([reading(after(hours=-50), alarm_button=True, speed_mps=9.9)])

        def everything() -> tuple[object, ...]:
            start, end = after(days=-5), after(days=5)
            return (
                list(history.export(SITE, LIFT, start, end)),
                [history.raw(SITE, LIFT, metric, start, end, 1000) for metric in ("speed_mps", "door", "noise_db")],
                [history.downsampled(SITE, LIFT, metric, start, end, 7) for metric in ("speed_mps", "noise_db")],
                history.latest(SITE, LIFT),
            )

        before = everything()
        history.maintain(after(days=3))
        assert everything() == before
        assert points(history, "speed_mps") == [(hour * 3_600, float(hour)) for hour in range(-50, 30)]
        assert points(history, "alarm_button") == [(-50 * 3_600, True)]

    def test_one_writes_while_others_read(self, history: History) -> None:
        history.write([reading(DAY, speed_mps=0.0)])
        failures: list[BaseException] = []
        done = threading.Event()

        def read() -> None:
            try:
                while not done.is_set():
                    found = points(history, "speed_mps")
                    assert found == [(second, float(second)) for second in range(len(found))]
            except BaseException as error:
                failures.append(error)

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        try:
            for second in range(1, 60):
                history.write([reading(after(seconds=second), speed_mps=float(second))])
            history.maintain(after(days=2))
            history.write([reading(after(seconds=60), speed_mps=60.0)])
            history.maintain(after(days=3))
        finally:
            done.set()
            for reader in readers:
                reader.join()
        assert not failures
        assert len(points(history, "speed_mps")) == 61

    def test_a_store_that_can_write_says_so(self, history: History) -> None:
        history.check()
        history.write([reading(DAY, speed_mps=1.0)])
        history.check()
