"""Commands about rules."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watchkeeper.commands import options

if TYPE_CHECKING:
    from alerting.trial import TrialAlarm
    from watchkeeper.rule_trial import Tried

app = typer.Typer(help="What makes a device or a building abnormal.", no_args_is_help=True)

_INSTANT = "%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"
_SHOWN = 200


@app.callback()
def _group() -> None:
    """What makes a device or a building abnormal."""


@app.command("try")
def try_rule(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="The rule's id, such as elevator.door_held")],
    start: Annotated[
        datetime, typer.Option("--from", formats=list(_INSTANT), help="First instant; UTC unless it says")
    ],
    end: Annotated[
        datetime | None, typer.Option("--to", formats=list(_INSTANT), help="Last instant [default: now]")
    ] = None,
    site: Annotated[str | None, typer.Option("--site", help="Only devices of this site")] = None,
    building: Annotated[str | None, typer.Option("--building", help="Only devices of this building")] = None,
    device: Annotated[str | None, typer.Option("--device", help="Only this device")] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="NAME=VALUE: a limit, a metric's level, on_delay, off_delay, severity"),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A draft, written like rules.toml [default: the config's rules.toml]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Tell it as one JSON object")] = False,
    config: options.Config = None,
    data: options.Data = None,
    http_host: options.HttpHost = None,
    http_port: options.HttpPort = None,
    http_certificate: options.HttpCertificate = None,
    http_key: options.HttpKey = None,
) -> None:
    """Run a rule over history and list the alarms that it would have raised. Nothing is changed."""
    settings = options.settings_of(context)
    from devices.registry import kinds
    from watchkeeper.composition import opened_ledger
    from watchkeeper.config_files import load_config
    from watchkeeper.history_reader import reading_history
    from watchkeeper.rule_trial import Registry, Trial, Where, rule_of, with_settings

    known = kinds()
    rules = load_config(settings.config, known, rules_file=file).rules
    found = rule_of(rules, rule)
    found, limits = with_settings(found, known[found.kind], changes or [])
    with opened_ledger(settings) as ledger, ledger.read() as rows:
        registry = Registry(rows.devices.sites(), rows.devices.every(), rows.overrides.every())
    trial = Trial(found, rules, known, registry, limits)
    with reading_history(settings) as history, _progress(shown=not as_json) as progress:
        tried = trial.run(
            Where(site=site, building=building, device=device),
            _aware(start),
            _aware(end or datetime.now(UTC)),
            read=history,
            progress=progress,
        )
    if as_json:
        typer.echo(json.dumps(_as_json(tried), ensure_ascii=False, indent=2))
    else:
        _print(tried)


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


@contextmanager
def _progress(*, shown: bool) -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error, where that is a screen."""
    from rich.console import Console
    from rich.progress import Progress

    screen = Console(stderr=True)
    with Progress(console=screen, transient=True, disable=not (shown and screen.is_terminal)) as bar:
        task = bar.add_task("reading", total=1.0)
        yield lambda what, done: bar.update(task, completed=done, description=what or "done")


def _print(tried: Tried) -> None:
    from alerting.trial import summed

    span = tried.span
    typer.echo(f"{tried.rule.id} ({tried.rule.severity.value}) on {tried.devices} devices, {tried.readings} readings")
    for alarm in tried.alarms[:_SHOWN]:
        until = "holds at the end    " if alarm.returned_at is None else f"{alarm.returned_at:%Y-%m-%d %H:%M:%S}"
        observed = ", ".join(f"{name}={_short(value)}" for name, value in alarm.observed.items())
        about, lasted = f"{alarm.site}/{alarm.subject.id}", _span(alarm.lasted(span))
        typer.echo(f"  {alarm.raised_at:%Y-%m-%d %H:%M:%S} .. {until}  {lasted:>10}  {about}  {observed}")
    if len(tried.alarms) > _SHOWN:
        typer.echo(f"  ... and {len(tried.alarms) - _SHOWN} more; --json tells all")
    total = sum((alarm.lasted(span) for alarm in tried.alarms), timedelta(0))
    subjects = summed(tried.alarms, span)
    typer.echo(f"{len(tried.alarms)} alarms on {len(subjects)} of {tried.devices}, {_span(total)} in all")
    for name, (count, lasted_all) in sorted(subjects.items(), key=lambda one: (-one[1][0], one[0])):
        typer.echo(f"  {name:40} {count:5}  {_span(lasted_all):>12}")


def _as_json(tried: Tried) -> dict[str, object]:
    import msgspec

    from alerting.trial import summed

    span = tried.span
    return {
        "rule": msgspec.to_builtins(tried.rule),
        "from": span.start.isoformat(),
        "to": span.end.isoformat(),
        "read_from": span.hears_from.isoformat(),
        "devices": tried.devices,
        "readings": tried.readings,
        "alarms": [_alarm_as_json(alarm, tried) for alarm in tried.alarms],
        "summary": {
            name: {"alarms": count, "seconds": lasted.total_seconds()}
            for name, (count, lasted) in sorted(summed(tried.alarms, span).items())
        },
    }


def _alarm_as_json(alarm: TrialAlarm, tried: Tried) -> dict[str, object]:
    return {
        "site": alarm.site,
        "subject": {"type": alarm.subject.type.value, "id": alarm.subject.id},
        "severity": alarm.severity.value,
        "raised_at": alarm.raised_at.isoformat(),
        "returned_at": alarm.returned_at.isoformat() if alarm.returned_at is not None else None,
        "seconds": alarm.lasted(tried.span).total_seconds(),
        "occurrences": alarm.occurrences,
        "observed": alarm.observed,
        "why": alarm.why,
    }


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _span(span: timedelta) -> str:
    whole = int(span.total_seconds())
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
