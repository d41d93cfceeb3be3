"""The contract with devices, row by row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from devices.decode import MAX_BATCH, MAX_REJECTS, decode
from devices.registry import kinds
from devices.values import MAX_UNKNOWN, MAX_UNKNOWN_CHARS
from domain.instants import span_ms
from domain.kinds import Kind
from domain.readings import MAX_PAYLOAD_BYTES, Channel, Decoded, Message, Reading, Reject, RejectReason

NOW_MS = 1_763_712_000_500
TELEMETRY = "wk/v1/main/elevator/E-01/telemetry"
R = RejectReason


def decoded(payload: bytes | str, topic: str = TELEMETRY) -> Decoded:
    raw = payload.encode() if isinstance(payload, str) else payload
    return decode(Message(topic, raw, NOW_MS), kinds())


def reading(payload: bytes | str, topic: str = TELEMETRY) -> Reading:
    """The only reading of a payload that has no reject."""
    found = decoded(payload, topic)
    assert found.rejects == ()
    (one,) = found.readings
    return one


def refusal(payload: bytes | str, topic: str = TELEMETRY) -> Reject:
    """The only reject of a payload that gives no reading."""
    found = decoded(payload, topic)
    assert found.readings == ()
    (one,) = found.rejects
    assert one.detail
    return one


def values_json(values: Any) -> bytes:
    return msgspec.json.encode({"values": values})


def test_a_good_message_is_one_reading() -> None:
    payload = '{"ts":1763712000000,"seq":4,"values":{"floor":12,"door":"closed","speed_mps":1.75,"passenger":true}}'
    assert reading(payload) == Reading(
        site="main",
        kind="elevator",
        device="E-01",
        channel=Channel.TELEMETRY,
        at_ms=1_763_712_000_000,
        received_ms=NOW_MS,
        values={"floor": 12, "door": "closed", "speed_mps": 1.75, "passenger": True},
        sent_ms=1_763_712_000_000,
        seq=4,
    )


def test_channel_and_names_come_from_the_topic() -> None:
    one = reading('{"values":{"guard":"G-1"}}', "wk/v1/North_2/checkpoint/CP-01/event")
    assert (one.site, one.kind, one.device, one.channel) == ("North_2", "checkpoint", "CP-01", Channel.EVENT)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "wk/v1/main/elevator/E-01",
        "wk/v1/main/elevator/E-01/telemetry/more",
        "wk/v2/main/elevator/E-01/telemetry",
        "WK/v1/main/elevator/E-01/telemetry",
        "wk/v1/main/elevator/E-01/command",
        "wk/v1/main/elevator/E-01/telemetry\n",
        "wk/v1/main/elevator//telemetry",
        "wk/v1/main/elevator/E 01/telemetry",
        "wk/v1/main/elevator/电梯/telemetry",
        "wk/v1/main/elevator/" + "x" * 65 + "/telemetry",
        "wk/v1/main/elevator/" + "x" * 100_000 + "/telemetry",
    ],
    ids=lambda topic: repr(topic[:60]),
)
def test_a_bad_topic_is_refused(topic: str) -> None:
    assert refusal('{"values":{}}', topic).reason is R.BAD_TOPIC


def test_names_may_have_64_characters() -> None:
    assert reading('{"values":{}}', f"wk/v1/{'s' * 64}/elevator/{'d' * 64}/telemetry").device == "d" * 64


def test_an_unknown_kind_is_refused() -> None:
    assert refusal('{"values":{}}', "wk/v1/main/submarine/S-1/telemetry").reason is R.UNKNOWN_KIND


DEEP = 100_000 // 4
WHOLE_REFUSED = {
    "empty": (b"", R.NOT_JSON),
    "no JSON": (b"floor=12", R.NOT_JSON),
    "cut off": (b'{"values":{"floor":12}', R.NOT_JSON),
    "something behind": (b'{"values":{"floor":12}} x', R.NOT_JSON),
    "byte order mark": (b'\xef\xbb\xbf{"values":{}}', R.NOT_JSON),
    "NaN": (b'{"values":{"speed_mps":NaN,"alarm_button":true}}', R.NOT_JSON),
    "Infinity": (b'{"values":{"speed_mps":Infinity}}', R.NOT_JSON),
    "-Infinity in an unknown field": (b'{"x":-Infinity,"values":{}}', R.NOT_JSON),
    "invalid UTF-8 in a value": (b'{"values":{"fault_code":"\xff"}}', R.NOT_UTF8),
    "invalid UTF-8 in a key": (b'{"values":{"\xc3":1}}', R.NOT_UTF8),
    "a surrogate as UTF-8": (b'{"values":{"fault_code":"\xed\xa0\x80"}}', R.NOT_UTF8),
    "UTF-16": ('{"values":{"floor":1}}'.encode("utf-16"), R.NOT_UTF8),
    "deep arrays": (b"[" * DEEP + b"]" * DEEP, R.TOO_DEEP),
    "deep objects": (b'{"values":' * 5000 + b"1" + b"}" * 5000, R.TOO_DEEP),
    "deep unknown metric": (b'{"values":{"x":' + b"[" * DEEP + b"]" * DEEP + b"}}", R.TOO_DEEP),
    "over 64 KiB": (b'{"values":{"x":"' + b"y" * MAX_PAYLOAD_BYTES + b'"}}', R.TOO_LARGE),
    "1 MiB": (b" " * 2**20, R.TOO_LARGE),
    "a number": (b"12", R.WRONG_SHAPE),
    "null": (b"null", R.WRONG_SHAPE),
    "a text": (b'"online"', R.WRONG_SHAPE),
    "no values": (b'{"ts":1763712000000,"floor":12}', R.WRONG_SHAPE),
    "values no object": (b'{"values":[1,2]}', R.WRONG_SHAPE),
    "values null": (b'{"values":null}', R.WRONG_SHAPE),
    "empty batch": (b"[]", R.WRONG_SHAPE),
    "batch of a batch": (b'[[{"values":{}}]]', R.WRONG_SHAPE),
    "metric twice": (b'{"values":{"alarm_button":true,"alarm_button":false}}', R.DUPLICATE_KEY),
    "metric twice, escaped": (b'{"values":{"floor":1,"fl\\u006for":2}}', R.DUPLICATE_KEY),
    "values twice": (b'{"values":{"alarm_button":true},"values":{}}', R.DUPLICATE_KEY),
    "ts twice": (b'{"ts":1,"ts":2,"values":{}}', R.DUPLICATE_KEY),
    "unknown field twice": (b'{"x":1,"x":1,"values":{}}', R.DUPLICATE_KEY),
    "twice in an unknown metric": (b'{"values":{"x":{"a":1,"a":2}}}', R.DUPLICATE_KEY),
    "twice in an array of an unknown metric": (b'{"values":{"x":[1,[{"a":1,"a":2}]]}}', R.DUPLICATE_KEY),
    "twice in an unknown field": (b'{"x":{"a":1,"a":2},"values":{}}', R.DUPLICATE_KEY),
    "twice beside a time with colons": (
        b'{"ts":"2025-11-21T08:00:00Z","values":{"floor":1,"floor":2}}',
        R.DUPLICATE_KEY,
    ),
    "twice behind an escaped colon": (
        b'{"ts":"2025-11-21T08:00\\u003a00Z","values":{"floor":1,"floor":2}}',
        R.DUPLICATE_KEY,
    ),
}


@pytest.mark.parametrize(("payload", "reason"), WHOLE_REFUSED.values(), ids=WHOLE_REFUSED)
def test_what_cannot_be_read_is_refused_whole(payload: bytes, reason: RejectReason) -> None:
    reject = refusal(payload)
    assert (reject.reason, reject.metric) == (reason, None)


ONE_METRIC_REFUSED = {
    "text for a number": ("motor_temp_c", b'"hot"', R.WRONG_TYPE),
    "number as text": ("motor_temp_c", b'"48.5"', R.WRONG_TYPE),
    "boolean for a number": ("motor_temp_c", b"true", R.WRONG_TYPE),
    "null for a number": ("motor_temp_c", b"null", R.WRONG_TYPE),
    "array for a number": ("motor_temp_c", b"[48.5]", R.WRONG_TYPE),
    "number for a boolean": ("passenger", b"1", R.WRONG_TYPE),
    "text for a boolean": ("passenger", b'"true"', R.WRONG_TYPE),
    "number for a text": ("fault_code", b"37", R.WRONG_TYPE),
    "object for a text": ("fault_code", b'{"a":1}', R.WRONG_TYPE),
    "too high": ("motor_temp_c", b"200.1", R.OUT_OF_RANGE),
    "too low": ("speed_mps", b"-0.1", R.OUT_OF_RANGE),
    "beyond 64 bits": ("motor_temp_c", b"123456789012345678901234567890", R.OUT_OF_RANGE),
    "beyond a float": ("motor_temp_c", b"1e999", R.OUT_OF_RANGE),
    "thousands of digits": ("motor_temp_c", b"9" * 20_000, R.OUT_OF_RANGE),
    "no such word": ("door", b'"ajar"', R.OUT_OF_RANGE),
    "too long": ("fault_code", b'"' + b"7" * 33 + b'"', R.OUT_OF_RANGE),
    "NUL": ("fault_code", b'"\\u0000"', R.NOT_STORABLE),
    "half a surrogate pair": ("fault_code", b'"\\ud800"', R.NOT_STORABLE),
    "unknown, beyond 64 bits": ("x", b"123456789012345678901234567890", R.NOT_STORABLE),
    "unknown, beyond a float": ("x", b"-1e999", R.NOT_STORABLE),
    "unknown, beyond a float inside": ("x", b'{"a":[1e999]}', R.NOT_STORABLE),
    "unknown, too long": ("x", b'"' + b"y" * (MAX_UNKNOWN_CHARS + 1) + b'"', R.NOT_STORABLE),
    "unknown, too large": ("x", b"[" + b"1," * MAX_UNKNOWN_CHARS + b"1]", R.NOT_STORABLE),
    "unknown, NUL": ("x", b'"a\\u0000"', R.NOT_STORABLE),
}


@pytest.mark.parametrize(("name", "value", "reason"), ONE_METRIC_REFUSED.values(), ids=ONE_METRIC_REFUSED)
def test_one_impossible_metric_does_not_hide_the_alarm_button(name: str, value: bytes, reason: RejectReason) -> None:
    found = decoded(b'{"values":{"alarm_button":true,"' + name.encode() + b'":' + value + b',"floor":3}}')
    (one,) = found.readings
    (reject,) = found.rejects
    assert one.values == {"alarm_button": True, "floor": 3}
    assert one.bad == (name,)
    assert (reject.reason, reject.metric) == (reason, name)
    assert name in reject.detail


@pytest.mark.parametrize("value", ["true", "false"])
def test_a_boolean_is_no_number_even_alone(value: str) -> None:
    assert decoded(f'{{"values":{{"motor_temp_c":{value}}}}}').readings[0].bad == ("motor_temp_c",)


def test_a_reading_of_bad_metrics_only_is_still_told() -> None:
    found = decoded('{"values":{"floor":9999}}')
    assert [(one.values, one.bad) for one in found.readings] == [({}, ("floor",))]
    assert len(found.rejects) == 1


def test_physical_limits_are_inclusive() -> None:
    assert reading('{"values":{"motor_temp_c":200,"speed_mps":0}}').values == {"motor_temp_c": 200, "speed_mps": 0}


def test_whole_numbers_are_fine_for_numbers_and_keep_their_form() -> None:
    assert isinstance(reading('{"values":{"motor_temp_c":48}}').values["motor_temp_c"], int)


@pytest.mark.parametrize("value", [7, -0.5, True, "text", "汉字", "", 2**63 - 1])
def test_an_unknown_scalar_is_kept_as_it_came(value: Any) -> None:
    kept = reading(values_json({"vendor_x": value})).values["vendor_x"]
    assert kept == value
    assert type(kept) is type(value)


def test_an_unknown_object_or_array_is_kept_as_json_text() -> None:
    kept = reading('{"values":{"vendor":{"a":[1,2.5,null,"号"]},"list":[true]}}').values
    assert kept == {"vendor": '{"a":[1,2.5,null,"号"]}', "list": "[true]"}


def test_an_unknown_null_is_dropped() -> None:
    assert reading('{"values":{"vendor_x":null,"floor":1}}').values == {"floor": 1}


@pytest.mark.parametrize("name", ["", "x" * 65, "a\\u0000b", "\\ud800", "a\\nb"])
def test_an_unknown_name_that_no_store_holds_is_refused_alone(name: str) -> None:
    found = decoded('{"values":{"alarm_button":true,"' + name + '":1}}')
    assert found.readings[0].values == {"alarm_button": True}
    (reject,) = found.rejects
    assert reject.reason is R.NOT_STORABLE
    assert reject.metric is not None
    assert reject.metric.encode()


def test_unknown_metrics_are_bounded_and_known_ones_still_kept() -> None:
    values = {f"x{number}": number for number in range(MAX_UNKNOWN + 50)} | {"alarm_button": True}
    found = decoded(values_json(values))
    assert len(found.readings[0].values) == MAX_UNKNOWN + 1
    assert found.readings[0].values["alarm_button"] is True
    assert [reject.reason for reject in found.rejects] == [R.TOO_LARGE]


def test_one_message_cannot_flood_the_quarantine() -> None:
    found = decoded(b"[" + b",".join([b'{"values":{"floor":9999}}'] * 200) + b"]")
    assert len(found.readings) == 200
    assert len(found.rejects) == MAX_REJECTS
    assert f"{200 - MAX_REJECTS} more" in found.rejects[-1].detail


def test_unknown_fields_beside_the_values_are_tolerated() -> None:
    payload = '{"firmware":{"v":"1:2"},"ts":1763712000000,"values":{"alarm_button":true},"tags":["a"]}'
    assert reading(payload).values == {"alarm_button": True}


def test_a_batch_is_as_many_readings_and_one_bad_object_spoils_no_other() -> None:
    found = decoded(
        '[{"ts":1763711990000,"values":{"floor":1}},7,{"values":{"floor":2,"floor":3}},{"ts":"soon","values":{}},'
        '{"values":{"floor":9999,"passenger":true}},{"ts":1763711991000,"values":{"floor":4}}]'
    )
    assert [one.values for one in found.readings] == [{"floor": 1}, {"passenger": True}, {"floor": 4}]
    assert [one.at_ms for one in found.readings] == [1763711990000, NOW_MS, 1763711991000]
    assert [(reject.reason, reject.metric) for reject in found.rejects] == [
        (R.WRONG_SHAPE, None),
        (R.DUPLICATE_KEY, None),
        (R.BAD_TIME, None),
        (R.OUT_OF_RANGE, "floor"),
    ]


def test_a_batch_is_bounded() -> None:
    found = decoded(b"[" + b",".join([b'{"values":{"floor":1}}'] * (MAX_BATCH + 5)) + b"]")
    assert len(found.readings) == MAX_BATCH
    assert [reject.reason for reject in found.rejects] == [R.TOO_LARGE]


@pytest.mark.parametrize(
    ("ts", "sent_ms"),
    [
        ("1763712000000", 1_763_712_000_000),
        ("1763712000000.0", 1_763_712_000_000),
        ("1.763712e12", 1_763_712_000_000),
        ('"2025-11-21T08:00:00Z"', 1_763_712_000_000),
        ('"2025-11-21T16:00:00.250+08:00"', 1_763_712_000_250),
        ('"2025-11-21t08:00:00z"', 1_763_712_000_000),
        ("null", None),
    ],
)
def test_a_time_is_epoch_milliseconds_or_rfc_3339(ts: str, sent_ms: int | None) -> None:
    one = reading(f'{{"ts":{ts},"values":{{"floor":1}}}}')
    assert one.sent_ms == sent_ms
    assert one.at_ms == (NOW_MS if sent_ms is None else sent_ms)
    assert not one.clock_suspect


@pytest.mark.parametrize(
    "ts",
    [
        '"2025-11-21T08:00:00"',
        '"2025-11-21"',
        '"yesterday"',
        '""',
        '"1763712000000"',
        "1763712000000.5",
        "-1",
        "true",
        "[]",
        "{}",
        "1763712000000000",
        "123456789012345678901234567890",
        "1e999",
        '"9999-12-31T23:59:59-12:00"',
        '"0001-01-01T00:00:00+14:00"',
    ],
)
def test_what_is_no_instant_is_refused(ts: str) -> None:
    assert refusal(f'{{"ts":{ts},"values":{{"floor":1}}}}').reason is R.BAD_TIME


@pytest.mark.parametrize(
    ("off", "suspect"),
    [
        (timedelta(minutes=5), False),
        (timedelta(minutes=5, milliseconds=1), True),
        (-timedelta(days=7), False),
        (-timedelta(days=7, milliseconds=1), True),
    ],
)
def test_a_clock_far_off_is_not_believed_but_told(off: timedelta, suspect: bool) -> None:
    sent_ms = NOW_MS + span_ms(off)
    one = reading(f'{{"ts":{sent_ms},"values":{{"floor":1}}}}')
    assert (one.clock_suspect, one.sent_ms) == (suspect, sent_ms)
    assert one.at_ms == (NOW_MS if suspect else sent_ms)


def test_without_a_time_receipt_counts() -> None:
    one = reading('{"values":{"floor":1}}')
    assert (one.at_ms, one.sent_ms, one.clock_suspect) == (NOW_MS, None, False)


@pytest.mark.parametrize("seq", ["-1", "1.5", '"4"', "true", "123456789012345678901234567890"])
def test_a_wrong_count_is_told_and_costs_no_value(seq: str) -> None:
    found = decoded(f'{{"seq":{seq},"values":{{"alarm_button":true}}}}')
    assert [(one.values, one.seq, one.bad) for one in found.readings] == [({"alarm_button": True}, None, ())]
    assert [(reject.reason, reject.metric) for reject in found.rejects] == [(R.WRONG_TYPE, "seq")]


@pytest.mark.parametrize(("payload", "online"), [("online", True), ("offline", False)])
def test_status_is_a_bare_word(payload: str, online: bool) -> None:
    one = reading(payload, "wk/v1/main/gateway/GW-01/status")
    assert one.values == {"online": online}
    assert (one.channel, one.at_ms, one.sent_ms) == (Channel.STATUS, NOW_MS, None)


@pytest.mark.parametrize("payload", ["", "ONLINE", "online\n", '"online"', '{"values":{"online":true}}', "\xff"])
def test_another_status_is_refused(payload: str) -> None:
    assert refusal(payload, "wk/v1/main/gateway/GW-01/status").reason is R.WRONG_SHAPE


def test_derived_metrics_are_added_and_checked_like_others() -> None:
    topic = "wk/v1/main/lighting/L-01/telemetry"
    assert reading('{"values":{"lamps_failed":3,"lamps_total":24}}', topic).values["lamps_failed_pct"] == 12.5
    found = decoded('{"values":{"on":true,"lamps_failed":30,"lamps_total":24}}', topic)
    assert found.readings[0].bad == ("lamps_failed_pct",)
    assert found.readings[0].values == {"on": True, "lamps_failed": 30, "lamps_total": 24}
    assert found.rejects[0].reason is R.OUT_OF_RANGE


def test_a_revised_kind_is_followed_at_once() -> None:
    message = Message("wk/v1/main/hydrant/H-01/telemetry", b'{"values":{"pressure_mpa":0.5,"flow_lps":1}}', NOW_MS)
    kind = kinds()["hydrant"]
    narrow: Kind = msgspec.structs.replace(kind, metrics=(msgspec.structs.replace(kind.metrics[0], high=0.4),))
    assert decode(message, kinds()).rejects == ()
    assert decode(message, {"hydrant": narrow}).readings[0].bad == ("pressure_mpa",)
    assert decode(message, kinds()).rejects == ()
