"""Overrides in a property file: read, entered again without a change, and every mistake with its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.registry import kinds
from domain.errors import ConfigError
from domain.events import Cursor, EventType
from domain.rules import Severity
from tests.config.files import SHIPPED, mistakes
from watchkeeper.composition import import_into_registry, opened_ledger
from watchkeeper.config_files import load_property
from watchkeeper.settings import load_settings

SITE = """
[site]
id = "main"
name = { en = "a", zh-Hans = "b", zh-Hant = "c" }

[[device]]
kind = "elevator"
ids = ["E-01..E-03"]

[[device]]
kind = "hydrant"
ids = ["H-01"]
"""
HOTTER = """
[[override]]
kind = "elevator"
devices = ["E-01..E-02"]
limit = "motor_limit_c"
level = 95.0
unit = "°C"
reason = "a hotter motor"
by = "Chen, chief engineer"
"""
GRAVER = """
[[override]]
kind = "hydrant"
tags = ["roof"]
rule = "high"
severity = "urgent"
reason = "the tank is under it"
by = "Chen"
"""


def written(tmp_path: Path, *tables: str) -> Path:
    path = tmp_path / "main.toml"
    path.write_text(SITE + "".join(tables), encoding="utf-8")
    return path


def test_overrides_come_with_the_property_and_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    file = written(tmp_path, HOTTER, GRAVER)
    settings = load_settings(data=tmp_path / "data")
    for _ in range(2):
        import_into_registry(settings, file)
    import_into_registry(settings, written(tmp_path, HOTTER.replace("95.0", "96.0")))
    with opened_ledger(settings) as ledger, ledger.read() as rows:
        hot, grave = rows.overrides.every()
        events = rows.events.after(Cursor({}), sites=None, most=99)
        told = [event.data["override"] for event in events if event.type is EventType.OVERRIDE_SET]
    assert (hot.devices, hot.level, hot.by) == (frozenset({"E-01", "E-02"}), 96.0, "Chen, chief engineer")
    assert (grave.rule, grave.severity, grave.tags) == ("high", Severity.URGENT, frozenset({"roof"}))
    assert told == ["main-V1", "main-V2", "main-V1"]


@pytest.mark.parametrize(
    ("table", "place", "told"),
    [
        (HOTTER.replace("motor_limit_c", "motor_limit"), "override[0].limit", "motor_limit_c"),
        (HOTTER.replace('"°C"', '"°F"'), "override[0].unit", "in °C"),
        (HOTTER.replace("E-01..E-02", "E-01..E-09"), "override[0].devices", "unknown elevator 'E-04'"),
        (HOTTER.replace("E-01..E-02", "E-02..E-01"), "override[0].devices", "count upwards"),
        (HOTTER.replace('"elevator"', '"escalator"'), "override[0].kind", "elevator"),
        (HOTTER.replace('reason = "a hotter motor"', 'reason = " "'), "override[0].reason", "needs it"),
        (HOTTER.replace('by = "Chen, chief engineer"', ""), "override[0]", "lacks the key 'by'"),
        (HOTTER.replace("level = 95.0", 'severity = "urgent"'), "override[0]", "a limit's level or a rule's severity"),
        (HOTTER + "colour = 1\n", "override[0].colour", "unknown key"),
        (GRAVER.replace('"high"', '"fire"').replace("urgent", "general").replace("hydrant", "smoke_detector"),
         "override[0].severity", "never lowered"),
        (GRAVER + GRAVER, "override[1]", "about the same"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_with_its_place_and_remedy(tmp_path: Path, table: str, place: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_property(written(tmp_path, table), kinds())
    first = mistakes(refused.value)[0]
    assert first.place == place
    assert told in str(first)


def test_the_example_in_the_comments_of_the_demo_works(tmp_path: Path) -> None:
    words = (SHIPPED / "property" / "demo.toml").read_text(encoding="utf-8")
    example = words[words.index("# [[override]]") :].split("\n\n")[0]
    file = tmp_path / "demo.toml"
    file.write_text(f"{words}\n{example.replace('# ', '')}", encoding="utf-8")
    assert len(load_property(file, kinds()).overrides) == 1
