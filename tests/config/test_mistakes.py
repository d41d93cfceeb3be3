"""Mistakes in config files: each is refused with its file, its place, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.registry import kinds
from domain.errors import ConfigError
from tests.config.files import SHIPPED, folder_with, mistakes
from watchkeeper.config_errors import ConfigErrors
from watchkeeper.config_files import load_config

T3 = 'en = "a", zh-Hans = "b", zh-Hant = "c"'


def rule(when: str, **changes: str) -> str:
    """A rule of the site's own; `changes` replace its lines."""
    lines = {
        "kind": '"elevator"',
        "name": '"own"',
        "severity": '"general"',
        "title": f"{{ {T3} }}",
        "consequence": f"{{ {T3} }}",
        "response": f"{{ {T3} }}",
        "time_to_respond": '"4h"',
        "when": f"{{ {when} }}",
        **changes,
    }
    return "[[rule]]\n" + "\n".join(f"{key} = {value}" for key, value in lines.items())


def override(**lines: str) -> str:
    """A change of a shipped rule."""
    whole = {"rule": '"elevator.door_held"', "reason": '"agreed"', **lines}
    return "[[override]]\n" + "\n".join(f"{key} = {value}" for key, value in whole.items())


def template(**changes: str) -> str:
    """One template that is the fallback of all severities."""
    lines = {
        "name": '"all"',
        "title": f"{{ {T3} }}",
        "severities": '["urgent", "important", "general", "advisory"]',
        "clocks": '[{ clock = "fix", within = "1h" }]',
        **changes,
    }
    return "[[template]]\n" + "\n".join(f"{key} = {value}" for key, value in lines.items())


STAMP = f'{{ name = "in", title = {{ {T3} }} }}'


def second(**changes: str) -> str:
    """A second job that is right, but for the changes."""
    values = {"template": '"all"', "title": f"{{ {T3} }}", "verdicts": '["real"]'} | changes
    return "[{ " + ", ".join(f"{key} = {value}" for key, value in values.items()) + " }]"


WARM = 'is = "above", metric = "motor_temp_c", level = 70.0, clear = 65.0'

IN_RULES = [
    (rule(WARM, sevrity='"general"'), "rule[0].sevrity", "unknown key", "Did you mean"),
    (rule(WARM, severity='"imporant"'), "rule[0].severity", "imporant", "'important'"),
    (rule(WARM, kind='"elevatr"'), "rule[0].kind", "unknown kind", "'elevator'"),
    (rule(WARM, name='"door_held"'), "rule[0].name", "already", "[[override]]"),
    (rule(WARM, on_delay='"5 minutes"'), "rule[0].on_delay", "is not a span", "90s"),
    (rule(WARM, on_delay="90"), "rule[0].on_delay", "is not a span", "90s"),
    (rule(WARM, template='"genral"'), "rule[0].template", "unknown template", "'general'"),
    (rule(WARM, title='{ en = "a" }'), "rule[0].title", "zh-Hans", "Add zh-Hans"),
    (rule(WARM, title='"a"'), "rule[0].title", "expected `object`", "table"),
    (rule(WARM, latched='"yes"'), "rule[0].latched", "expected `bool`", "true or false"),
    (rule(WARM) + "\n" + rule(WARM), "rule[1].name", "already", "differently"),
    (rule(f'{WARM}, unit = "K"'), "rule[0].when.unit", "in °C", "correct the unit"),
    (rule(f"{WARM}, lvel = 3"), "rule[0].when.lvel", "unknown key", "'level'"),
    (
        rule('is = "above", metric = "motor_temp", level = 70.0'),
        "rule[0].when.metric",
        "unknown metric",
        "'motor_temp_c'",
    ),
    (rule('is = "above", metric = "motor_temp_c", level = "hot"'), "rule[0].when.level", "expected", "a number"),
    (rule('is = "above", metric = "motor_temp_c", level = 900.0'), "rule[0].when.level", "never", "200"),
    (
        rule('is = "above", metric = "motor_temp_c", level = 5.0, clear = 9.0'),
        "rule[0].when.clear",
        "over the level",
        "Swap",
    ),
    (
        rule('is = "below", metric = "motor_temp_c", level = 5.0, clear = 1.0'),
        "rule[0].when.clear",
        "under the level",
        "Swap",
    ),
    (rule('is = "above", metric = "door", level = 5.0'), "rule[0].when.metric", "text metric", "another"),
    (
        rule('is = "above", metric = "speed_mps", level = { limit = "rated_sped_mps" }'),
        "rule[0].when.level.limit",
        "unknown limit",
        "'rated_speed_mps'",
    ),
    (
        rule('is = "above", metric = "speed_mps", level = { limit = "motor_limit_c" }'),
        "rule[0].when.level.limit",
        "'m/s'",
        "unit",
    ),
    (rule('is = "equals", metric = "door", value = "opn"'), "rule[0].when.value", "unknown word", "'open'"),
    (rule('is = "equals", metric = "power", value = "off"'), "rule[0].when.value", "boolean", "boolean"),
    (rule('is = "in", metric = "door", values = []'), "rule[0].when.values", "empty", "at least one"),
    (rule('is = "coded", metric = "fault_code", group = "stop"'), "rule[0].when.group", "unknown group", "'stops'"),
    (rule('is = "pressed", metric = "door"'), "rule[0].when.metric", "needs a boolean", "another"),
    (rule('is = "silent"'), "rule[0].when", "after", "one of the two"),
    (rule('is = "silent", after = "0s"'), "rule[0].when.after", "no time", "longer"),
    (rule('is = "rate", metric = "speed_mps", per = "1m"'), "rule[0].when", "above", "one of the two"),
    (rule('is = "rate", metric = "speed_mps", per = "1m", below = -1.0'), "rule[0].when.below", "no change", "over 0"),
    (rule('is = "rate", metric = "door", per = "1m", above = 1.0'), "rule[0].when.metric", "text metric", "another"),
    (rule('is = "changed", metric = "door", within = "1m", times = 0'), "rule[0].when.times", "0 times", "1 to 100"),
    (rule('is = "bad", metric = "dor"'), "rule[0].when.metric", "unknown metric", "'door'"),
    (
        rule('is = "count", times = 3, within = "0s", condition = { is = "pressed", metric = "alarm_button" }'),
        "rule[0].when.within",
        "no time",
        "longer",
    ),
    (
        rule('is = "count", times = 3, within = "1h", condition = { is = "pressed", metric = "door" }'),
        "rule[0].when.condition.metric",
        "needs a boolean",
        "another",
    ),
    (rule('is = "alarmed", rule = "fire"'), "rule[0].when", "'alarmed' cannot stand", "building"),
    (rule('is = "alarmed", rule = "fir"', over='"building"'), "rule[0].when.rule", "unknown name", "'fire'"),
    (rule(WARM, over='"building"'), "rule[0].when", "'above' cannot stand", "`some`"),
    (
        rule(f'is = "some", kind = "elevator", condition = {{ {WARM} }}', over='"building"'),
        "rule[0].when",
        "'above' cannot stand",
        "without `clear`",
    ),
    (
        rule(
            'is = "some", kind = "hydrant", condition = { is = "equals", metric = "mode", value = "fire" }',
            over='"building"',
        ),
        "rule[0].when.condition.metric",
        "metric of hydrant",
        "flow_lps",
    ),
    (rule('is = "all", of = []'), "rule[0].when.of", "empty", "at least one"),
    (rule('is = "abve", metric = "door"'), "rule[0].when.is", "unknown condition", "'above'"),
    (rule('metric = "door"'), "rule[0].when", "'is'", "above"),
    (
        rule('is = "all", of = [{ is = "not", condition = { is = "equals", metric = "dor", value = true } }]'),
        "rule[0].when.of[0].condition.metric",
        "unknown metric",
        "'door'",
    ),
    (override(rule='"elevator.door_hld"'), "override[0].rule", "unknown rule", "'elevator.door_held'"),
    (override(reason='" "'), "override[0].reason", "reason", "why"),
    ("[[override]]\nrule = 'elevator.door_held'", "override[0]", "reason", "Add reason"),
    (override(disable="true"), "override[0].disable", "unknown key", "'disabled'"),
    (override() + "\n" + override(), "override[1].rule", "twice", "one"),
    (
        override(when='{ is = "equals", metric = "lamp", value = true }'),
        "override[0].when.metric",
        "unknown metric",
        "door",
    ),
    *(
        (override(rule='"elevator.entrapment_call"', **{key: value}), f"override[0].{key}", "life-safety", "Remove")
        for key, value in {
            "disabled": "true",
            "severity": '"important"',
            "on_delay": '"1s"',
            "when": '{ is = "equals", metric = "power", value = true }',
            "unless": '{ is = "equals", metric = "power", value = true }',
        }.items()
    ),
    ("[[rules]]", "rules", "unknown table", "'rule'"),
    ("[rule]", "rule", "not a list", "[[rule]]"),
    ("rule = 3 4", "line 1, column 10", "not TOML", "Correct"),
    ("rule = [", "end of document", "not TOML", "Correct"),
]

IN_ORDERS = [
    (template(clocks='[{ clock = "fixed", within = "1h" }]'), "template[0].clocks[0].clock", "unknown word", "'fix'"),
    (template(clocks='[{ clock = "fix", within = "1 h" }]'), "template[0].clocks[0].within", "not a span", "90s"),
    (template(clocks='[{ clock = "fix", within = "0s" }]'), "template[0].clocks[0].within", "time", "longer"),
    (
        template(clocks='[{ clock = "fix", within = "1h" }, { clock = "fix", within = "2h" }]'),
        "template[0].clocks[1].clock",
        "twice",
        "Remove",
    ),
    (template(clocks='[{ clock = "follow_up", within = "1h" }]'), "template[0].clocks[0].after", "before", "fixed"),
    (template(severities='["urgent"]'), "template", "important", "severities"),
    (template(severities='["urgnt"]'), "template[0].severities[0]", "unknown word", "'urgent'"),
    (template() + "\n" + template(severities="[]"), "template[1].name", "two templates", "differently"),
    (template() + "\n" + template(name='"b"'), "template[1].severities", "already", "one of the two"),
    (template(verdct="true"), "template[0].verdct", "unknown key", "'verdict'"),
    (template(clocks='[{ clock = "progress", within = "1h" }]'), "template[0].clocks[0].clock", "duty", "progress ="),
    (template(calendar='"servce"'), "template[0].calendar", "unknown calendar", "'service'"),
    (template(progress="{}"), "template[0].progress", "not when", "daily_by"),
    (template(progress='{ every = "1h", daily_by = "17:00" }'), "template[0].progress", "twice", "every"),
    (template(progress='{ every = "1m" }'), "template[0].progress.every", "so often", "5m"),
    (template(progress='{ daily_by = "5 pm" }'), "template[0].progress.daily_by", "match", "Write"),
    (template(stamps=f"[{STAMP}, {STAMP}]"), "template[0].stamps[1].name", "two stamps", "Remove"),
    (template(follow_on=second(template='"x"')), "template[0].follow_on[0].template", "unknown template", "all"),
    (template(follow_on=second(stamp='"out"')), "template[0].follow_on[0]", "twice", "stamp"),
    (
        template(follow_on=second(verdicts="[]", stamp='"out"')),
        "template[0].follow_on[0].stamp",
        "unknown stamp",
        "Remove",
    ),
    (
        template(follow_on=second(out_of_service="true")),
        "template[0].follow_on[0].out_of_service",
        "bring the device back",
        "returns_device",
    ),
    (
        template(residents_notice="[{ rules = [], text = { " + T3.replace('"a"', '"{where}"') + " } }]"),
        "template[0].residents_notice[0].text",
        "nothing fills",
        "{building}",
    ),
]


def calendar(**changes: str) -> str:
    values = {"name": '"a"', "hours": '[{ from = "08:00", to = "20:00" }]'} | changes
    return "[[calendar]]\n" + "\n".join(f"{key} = {value}" for key, value in values.items())


IN_CALENDAR = [
    (calendar(hours="[]"), "calendar[0].hours", "nobody ever works", "hours ="),
    (calendar(hours='[{ days = [], from = "08:00", to = "20:00" }]'), "calendar[0].hours", "nobody", "hours ="),
    (
        calendar(hours='[{ days = ["mo"], from = "08:00", to = "9:00" }]'),
        "calendar[0].hours[0].days[0]",
        "word",
        "mon",
    ),
    (calendar(hours='[{ from = "8:00", to = "20:00" }]'), "calendar[0].hours[0].from", "match", "Write"),
    (calendar(holidays='["2027-13-01"]'), "calendar[0].holidays[0]", "date", "Correct"),
    (calendar(holidays="[2027-01-01]", workdays="[2027-01-01]"), "calendar[0].workdays", "holiday too", "one of"),
    (
        calendar(hours='[{ days = ["sat"], from = "08:00", to = "20:00" }]', workdays="[2027-01-01]"),
        "calendar[0].workdays",
        "Monday has none",
        "Give Monday",
    ),
    (calendar() + "\n" + calendar(), "calendar[1].name", "two calendars", "differently"),
    (calendar(holiday="[]"), "calendar[0].holiday", "unknown key", "'holidays'"),
]


CODE = f'{{ code = "1", group = "stops", label = {{ {T3} }} }}'


def codes(kind: str = "elevator", metric: str = "fault_code", listed: str = CODE) -> str:
    return f'[[map]]\nkind = "{kind}"\nmetric = "{metric}"\ncodes = [{listed}]\n'


IN_CODES = [
    (codes(kind="elevatr"), "map[0].kind", "unknown kind", "'elevator'"),
    (codes(metric="faultcode"), "map[0].metric", "unknown metric", "'fault_code'"),
    (codes(listed=f"{CODE}, {CODE}"), "map[0].codes[1].code", "twice", "Remove"),
    (codes(listed=CODE.replace('"1"', "1", 1)), "map[0].codes[0].code", "text metric", "text"),
    (codes() + codes(), "map[1].kind", "already", "that one"),
    (codes(listed=CODE.replace("group", "gruop")), "map[0].codes[0].gruop", "unknown key", "'group'"),
]

CASES = [
    *(("rules.toml", *case) for case in IN_RULES),
    *(("orders.toml", *case) for case in IN_ORDERS),
    *(("calendar.toml", *case) for case in IN_CALENDAR),
    *(("fault_codes.toml", *case) for case in IN_CODES),
]


@pytest.mark.parametrize(("file", "content", "place", "problem", "remedy"), CASES, ids=lambda value: str(value)[:40])
def test_a_mistake_is_told_with_file_place_problem_and_remedy(
    tmp_path: Path, file: str, content: str, place: str, problem: str, remedy: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config(folder_with(tmp_path, file, content), kinds())
    told = mistakes(refused.value)
    assert {error.file for error in told} == {file}
    matching = [error for error in told if error.place == place]
    assert matching, [str(error) for error in told]
    assert problem in matching[0].problem
    assert remedy in matching[0].remedy


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    content = "\n".join([rule(WARM, sevrity='"x"', on_delay='"x"'), rule(WARM, kind='"x"'), override(rule='"x"')])
    with pytest.raises(ConfigErrors) as refused:
        load_config(folder_with(tmp_path, "rules.toml", content), kinds())
    places = [error.place for error in refused.value.errors]
    assert places == ["rule[0].sevrity", "rule[0].on_delay", "rule[1].kind", "override[0].rule"]
    assert len(str(refused.value).splitlines()) == 4


@pytest.mark.parametrize("file", ["rules.toml", "orders.toml", "calendar.toml", "fault_codes.toml"])
def test_a_missing_or_unreadable_file_is_told_by_name(tmp_path: Path, file: str) -> None:
    folder = folder_with(tmp_path, file, "")
    (folder / file).write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8") as refused:
        load_config(folder, kinds())
    assert refused.value.file == file
    (folder / file).unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(folder, kinds())


def test_a_unit_that_fits_is_no_mistake(tmp_path: Path) -> None:
    content = rule(f'is = "any", of = [{{ {WARM}, unit = "°C" }}]')
    rules = load_config(folder_with(tmp_path, "rules.toml", content), kinds()).rules
    assert "elevator.own" in {one.id for one in rules}


def test_a_life_safety_rule_can_be_made_quicker(tmp_path: Path) -> None:
    content = override(rule='"elevator.entrapment_suspected"', on_delay='"30s"', template='"urgent"')
    rules = load_config(folder_with(tmp_path, "rules.toml", content), kinds()).rules
    changed = next(one for one in rules if one.id == "elevator.entrapment_suspected")
    assert (changed.on_delay.total_seconds(), changed.template) == (30, "urgent")


def test_the_shipped_folder_is_what_the_cases_start_from() -> None:
    assert load_config(SHIPPED, kinds()).rules
