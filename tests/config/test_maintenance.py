"""`maintenance.toml`: what is shipped loads; what is written wrongly is refused with place and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.registry import kinds
from domain.callout import Weekday
from domain.errors import ConfigError
from tests.config.files import SHIPPED, folder_with
from watchkeeper.config_files import load_config

WINDOW = """
[[window]]
name = "cars"
site = "demo"
reason = "ropes"
authority = "manager"
from = "22:00"
to = "05:00"
days = ["tue", "wed"]
weeks = [1]
devices = ["E-01..E-03", "E-05"]
"""


def test_the_shipped_file_begins_nothing_and_its_example_is_right(tmp_path: Path) -> None:
    assert load_config(SHIPPED, kinds()).windows == ()
    lines = (SHIPPED / "maintenance.toml").read_text(encoding="utf-8").splitlines()
    example = lines[lines.index("#   [[window]]", lines.index("# An example; take the # away and put your own in:")) :]
    written = "\n".join(line.removeprefix("#") for line in example)
    [window] = load_config(folder_with(tmp_path, "maintenance.toml", written), kinds()).windows
    assert (window.kind, window.building, window.days, window.weeks) == ("elevator", "T1", (Weekday.TUE,), (1, 3))


def test_ranges_of_devices_are_written_out(tmp_path: Path) -> None:
    [window] = load_config(folder_with(tmp_path, "maintenance.toml", WINDOW), kinds()).windows
    assert window.devices == ("E-01", "E-02", "E-03", "E-05")


@pytest.mark.parametrize(
    ("old", "new", "place", "told"),
    [
        ("reason =", "reasn =", "window[0].reasn", "Did you mean 'reason'?"),
        ('reason = "ropes"\n', "", "window[0]", "it lacks the key 'reason'"),
        ('authority = "manager"', 'authority = " "', "window[0].authority", "who allowed it"),
        ('from = "22:00"', 'from = "25:00"', "window[0].from", "matching regex"),
        ('to = "05:00"', 'to = "22:00"', "window[0].to", "never end"),
        ('"wed"', '"wedd"', "window[0].days[1]", "Did you mean 'wed'?"),
        ("weeks = [1]", "weeks = [6]", "window[0].weeks", "Write 1 to 5"),
        ("weeks = [1]", "first = 2026-05-01\nlast = 2026-04-01", "window[0].last", "Swap the two"),
        ('devices = ["E-01..E-03", "E-05"]', 'kind = "elevatr"', "window[0].kind", "Did you mean 'elevator'?"),
        ('devices = ["E-01..E-03", "E-05"]', "", "window[0]", "for named devices, or for a kind"),
        ('"E-05"]', '"E-05"]\nkind = "elevator"', "window[0]", "one of both"),
        ('devices = ["E-01..E-03", "E-05"]', 'kind = "elevator"\nzone = "lobby"', "window[0].zone", "Add building"),
        ("E-01..E-03", "E-03..E-01", "window[0].devices", "count upwards"),
        ('site = "demo"', 'site = "the demo"', "window[0].site", "not a name"),
        ("[[window]]", "[window]", "window", "Write it as [[window]]"),
    ],
)
def test_a_mistake_is_refused(old: str, new: str, place: str, told: str, tmp_path: Path) -> None:
    assert old in WINDOW
    with pytest.raises(ConfigError) as refusal:
        load_config(folder_with(tmp_path, "maintenance.toml", WINDOW.replace(old, new)), kinds())
    assert (refusal.value.file, refusal.value.place) == ("maintenance.toml", place)
    assert told in str(refusal.value)


def test_two_windows_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="two windows 'cars'"):
        load_config(folder_with(tmp_path, "maintenance.toml", WINDOW + WINDOW), kinds())
