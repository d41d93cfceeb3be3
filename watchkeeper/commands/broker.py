"""Commands about the accounts of the broker that `run` keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from watchkeeper.commands import options

if TYPE_CHECKING:
    from domain.assets import Device
    from watchkeeper.settings import Settings

app = typer.Typer(help="Accounts of the broker.", no_args_is_help=True)

Account = Annotated[str, typer.Argument(help="SITE.DEVICE, such as demo.E-03")]


@app.command()
def provision(context: typer.Context, data: options.Data = None) -> None:
    """Write an account for every registered device and tell the running broker. `run` does so by itself."""
    settings = options.settings_of(context)
    from watchkeeper.broker_accounts import provision as write

    devices = _devices(settings)
    _say(write(settings, devices), f"accounts of {len(devices)} devices are written")


@app.command()
def show(context: typer.Context, account: Account, data: options.Data = None) -> None:
    """Print an account for a shell: MQTT_USERNAME and MQTT_PASSWORD. A device's certificate is made out to the name."""
    settings = options.settings_of(context)
    from watchkeeper.broker_accounts import account_of

    found = account_of(settings, _devices(settings), account)
    typer.echo(f"MQTT_USERNAME={found.username}\nMQTT_PASSWORD={found.password}")


@app.command()
def rotate(context: typer.Context, account: Account, data: options.Data = None) -> None:
    """Give an account a new password (`show` prints it); a revoked one works again."""
    _change(context, account, revoke=False)


@app.command()
def revoke(context: typer.Context, account: Account, data: options.Data = None) -> None:
    """Take an account away from a device until it is rotated."""
    _change(context, account, revoke=True)


def _change(context: typer.Context, account: str, *, revoke: bool) -> None:
    settings = options.settings_of(context)
    from watchkeeper.broker_accounts import change_password

    told = change_password(settings, _devices(settings), account, revoke=revoke)
    _say(told, f"{account} is revoked" if revoke else f"{account} has a new password")


def _devices(settings: Settings) -> Sequence[Device]:
    from watchkeeper.composition import opened_ledger

    with opened_ledger(settings) as ledger, ledger.read() as rows:
        return rows.devices.every()


def _say(told: bool, what: str) -> None:
    typer.echo(f"{what}; {'the broker was told' if told else 'no broker is running on this data folder'}")
