"""Commands about the history."""

from __future__ import annotations

import typer

from watchkeeper.commands import options

app = typer.Typer(help="The time series.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The time series."""


@app.command()
def init(context: typer.Context, data: options.Data = None) -> None:
    """Make the history ready: an InfluxDB's database or bucket, its retention, its name for InfluxQL.

    Doing it again changes nothing. The embedded history needs none of it.
    """
    settings = options.settings_of(context)
    from watchkeeper.composition import prepare_history

    typer.echo(prepare_history(settings))
