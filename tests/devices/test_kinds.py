"""What every kind must be, whichever file it comes from."""

from __future__ import annotations

import msgspec
import pytest

from devices.behaviour import SILENT
from devices.decode import decode
from devices.registry import kinds
from domain.kinds import Kind
from domain.readings import Message
from domain.rules import Rule, Severity, Silent
from domain.texts import Language, Text

RECEIVED_MS = 1_763_712_000_500
EVERY_KIND = pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
EVERY_RULE = pytest.mark.parametrize(
    "rule", [rule for kind in kinds().values() for rule in kind.rules], ids=lambda rule: rule.id
)


def texts_of(kind: Kind) -> list[Text]:
    labels = [kind.label, *kind.faults.values(), *(limit.label for limit in kind.limits)]
    for metric in kind.metrics:
        labels += [metric.label, *(metric.choices or {}).values()]
    for rule in kind.rules:
        labels += [rule.title, rule.consequence, rule.response]
    return labels


def test_all_kinds_of_the_first_property_are_known() -> None:
    assert set(kinds()) >= {
        "elevator",
        "smoke_detector",
        "call_point",
        "fire_panel",
        "fire_pump",
        "hydrant",
        "extinguisher",
        "fire_exit",
        "lighting",
        "checkpoint",
        "patrol_reader",
        "gateway",
        "power_feed",
    }


@EVERY_KIND
def test_speaks_all_languages(kind: Kind) -> None:
    for label in texts_of(kind):
        for language in Language:
            assert label.in_(language).strip(), label
        assert label.en.isascii() or "°" in label.en, label
        for chinese in (label.zh_hans, label.zh_hant):
            assert any("\u4e00" <= character <= "\u9fff" for character in chinese), label


PAIRS = (
    "电電门門运運厢廂关關闭閉开開启啟载載机機温溫报報维維训訓练練险險损損坏壞测測试試灭滅烟煙压壓雾霧确確认認员員"
    "发發带帶显顯强強处處应應备備动動专專业業现現场場络絡网網额額级級间間单單据據点點灯燈检檢断斷离離内內无無联聯"
    "设設状狀态態项項结結终終红紅号號响響时時还還后後这這为為让讓对對话話访訪务務护護闷悶"
)
"""The same characters in simplified and traditional writing, as this trade uses them, in pairs."""

SIMPLIFIED_ONLY = {one for one, other in zip(PAIRS[::2], PAIRS[1::2], strict=True) if one != other}
TRADITIONAL_ONLY = {other for one, other in zip(PAIRS[::2], PAIRS[1::2], strict=True) if one != other}


@EVERY_KIND
def test_keeps_the_chinese_scripts_apart(kind: Kind) -> None:
    for label in texts_of(kind):
        assert not set(label.zh_hans) & TRADITIONAL_ONLY, label.zh_hans
        assert not set(label.zh_hant) & SIMPLIFIED_ONLY, label.zh_hant


@EVERY_KIND
def test_samples_decode_without_a_reject(kind: Kind) -> None:
    assert kind.samples
    for sample in kind.samples:
        payload = msgspec.json.encode({"ts": RECEIVED_MS, "values": sample})
        decoded = decode(Message(f"wk/v1/main/{kind.name}/X-01/telemetry", payload, RECEIVED_MS), kinds())
        assert decoded.rejects == ()
        assert sample.items() <= decoded.readings[0].values.items()


@EVERY_KIND
def test_samples_name_only_metrics_of_the_kind(kind: Kind) -> None:
    for sample in kind.samples:
        assert all(kind.metric(name) is not None for name in sample)


@EVERY_KIND
def test_can_fall_silent(kind: Kind) -> None:
    assert SILENT in kind.faults


@EVERY_KIND
def test_whoever_reports_by_itself_is_judged_by_silence(kind: Kind) -> None:
    speaks_only_when_used = {"checkpoint", "patrol_reader"}
    judged = any(isinstance(rule.when, Silent) for rule in kind.rules)
    assert judged is (kind.name not in speaks_only_when_used)


@EVERY_RULE
def test_life_safety_rules_are_urgent_latched_and_without_tags(rule: Rule) -> None:
    if rule.life_safety:
        assert rule.severity is Severity.URGENT
        assert rule.latched
        assert not rule.only
        assert not rule.never


@EVERY_RULE
def test_the_more_severe_the_sooner_a_person_must_act(rule: Rule) -> None:
    longest_h = {Severity.URGENT: 0.25, Severity.IMPORTANT: 2, Severity.GENERAL: 4, Severity.ADVISORY: 72}
    assert 0 < rule.time_to_respond.total_seconds() <= longest_h[rule.severity] * 3600


@EVERY_RULE
def test_rules_survive_being_written_down(rule: Rule) -> None:
    assert msgspec.json.decode(msgspec.json.encode(rule), type=Rule) == rule
