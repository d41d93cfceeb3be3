"""The config folder and property files, read and checked whole before anything starts.

Promises: what comes out is right as far as files can tell: every rule fits its kind, every name that is used exists.
Anything else is a ConfigError with file, place, problem and remedy, all of them at once. The README of `config/` is the
comments in its files. Leaves to others: settings (`watchkeeper.settings`), applying it (`watchkeeper.composition`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from domain.duties import NO_DUTIES, DutyBook
from domain.escalation import NO_PLAN, Plan
from domain.kinds import Kind
from domain.maintenance import MaintenanceWindow
from domain.revisions import Arrangements
from domain.rules import Rule
from domain.service_hours import Calendar
from domain.texts import Text
from domain.workorders import Template
from watchkeeper import (
    config_calendar,
    config_channels,
    config_codes,
    config_duties,
    config_escalation,
    config_maintenance,
    config_orders,
    config_people,
    config_rules,
)
from watchkeeper.config_channels import ChannelSpec
from watchkeeper.config_csv import read_spreadsheet
from watchkeeper.config_errors import Problems, refuse
from watchkeeper.config_property import Property, read_property

__all__ = ["Configuration", "Property", "load_config", "load_property"]


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """What the config folder says.

    `rules` are the kinds' own and the site's, changed and resolved; `templates` by name; `fault_codes` the label of
    each code, by kind; `plan` whom to call when; `channels` how, before their secrets are read;
    `duties` what must be done every so often; `windows` when devices are out of service for maintenance.
    """

    rules: tuple[Rule, ...]
    templates: dict[str, Template]
    fault_codes: dict[str, dict[str, Text]]
    plan: Plan = NO_PLAN
    duties: DutyBook = NO_DUTIES
    windows: tuple[MaintenanceWindow, ...] = ()
    channels: dict[str, ChannelSpec] = {}

    @property
    def arrangements(self) -> Arrangements:
        """What is kept of it with a revision, beside its rules."""
        channels = config_channels.declared(self.channels)
        return Arrangements(
            templates=self.templates,
            plan=self.plan,
            channels=channels,
            duties=self.duties,
            windows=self.windows,
        )


def load_config(folder: Path, kinds: Mapping[str, Kind], *, rules_file: Path | None = None) -> Configuration:
    """The folder's files, but for properties and scenarios. `rules_file` stands for its `rules.toml`: a draft.

    Raises ConfigError.
    """
    rules_file = rules_file or folder / config_rules.FILE
    names = (config_orders.FILE, config_codes.FILE, rules_file.name)
    of_orders, of_codes, of_rules = (Problems(name) for name in names)
    templates = config_orders.load_templates(folder, of_orders, _load_calendars(folder))
    codes = config_codes.load_codes(folder, kinds, of_codes)
    refuse((of_orders, of_codes))  # rules that name what is wrong there would only be told wrongly
    rules = config_rules.RuleFile(kinds, codes, templates, of_rules).load(rules_file)
    refuse((of_rules,))
    plan, channels = _load_plan(folder, rules)
    labels = {name: {str(code.code): code.label for code in codes[name].codes} for name in codes}
    duties = _load_duties(folder, kinds, templates, rules)
    return Configuration(
        rules=rules,
        templates=templates,
        fault_codes=labels,
        plan=plan,
        duties=duties,
        windows=_load_windows(folder, kinds),
        channels=channels,
    )


def _load_calendars(folder: Path) -> dict[str, Calendar]:
    """`calendar.toml`, whole and right: templates that name what is wrong there would only be told wrongly."""
    problems = Problems(config_calendar.FILE)
    calendars = config_calendar.load_calendars(folder, problems)
    refuse((problems,))
    return calendars


def _load_duties(
    folder: Path, kinds: Mapping[str, Kind], templates: Mapping[str, Template], rules: Sequence[Rule]
) -> DutyBook:
    problems = Problems(config_duties.FILE)
    duties = config_duties.DutyFile(kinds, templates, rules, problems).load(folder)
    refuse((problems,))
    return duties


def _load_windows(folder: Path, kinds: Mapping[str, Kind]) -> tuple[MaintenanceWindow, ...]:
    problems = Problems(config_maintenance.FILE)
    windows = config_maintenance.load_windows(folder, kinds, problems)
    refuse((problems,))
    return windows


def _load_plan(folder: Path, rules: Sequence[Rule]) -> tuple[Plan, dict[str, ChannelSpec]]:
    """`people.toml`, `channels.toml` and, checked against both, `escalation.toml`."""
    of_people, of_channels, of_escalation = (
        Problems(name) for name in (config_people.FILE, config_channels.FILE, config_escalation.FILE)
    )
    directory = config_people.load_people(folder, of_people)
    specs = config_channels.load_channels(folder, of_channels)
    refuse((of_people, of_channels))
    known = config_channels.as_channels(specs)
    plan = config_escalation.EscalationFile(rules, directory, known, of_escalation).load(folder)
    refuse((of_escalation,))
    return plan, specs


def load_property(path: Path, kinds: Mapping[str, Kind]) -> Property:
    """A property file (TOML), or a spreadsheet of devices saved as CSV. Raises ConfigError."""
    problems = Problems(path.name)
    read = read_spreadsheet if path.suffix.lower() == ".csv" else read_property
    content = read(path, kinds, problems)
    refuse((problems,))
    return content
