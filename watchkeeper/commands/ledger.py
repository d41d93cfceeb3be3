"""Commands about the ledger."""

from __future__ import annotations

import typer

from domain.errors import LedgerDamaged
from watchkeeper.commands import options

app = typer.Typer(help="The operational record.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The operational record."""


@app.command()
def verify(context: typer.Context, data: options.Data = None) -> None:
    """Replay every event chain against rows, anchors and files. Exit code 6 when something was edited or cut."""
    settings = options.settings_of(context)
    from watchkeeper.composition import check_files, opened_ledger

    with opened_ledger(settings) as ledger:
        damages = ledger.verify()
        of_files, looked_at = check_files(settings, ledger)
        damages += of_files
        with ledger.read() as rows:
            heads = rows.events.head().seen
    for damage in damages:
        typer.echo(damage, err=True)
    if damages:
        raise LedgerDamaged(f"{len(damages)} damages found")
    for site, number in sorted(heads.items()):
        typer.echo(f"{site}: {number} events, sound")
    typer.echo(looked_at)
    typer.echo("ledger is sound")


@app.command()
def migrate(context: typer.Context, data: options.Data = None) -> None:
    """Bring the ledger's tables to this version. An embedded ledger does so by itself when it is opened."""
    settings = options.settings_of(context)
    from adapters.ledger import migrate as migrate_tables

    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    migrate_tables(settings.ledger_address)
    typer.echo("ledger is at this version")
