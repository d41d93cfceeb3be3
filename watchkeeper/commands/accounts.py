"""Commands about people and tokens. Whoever may read the data folder may run them: no sign-in is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from domain.people import Actor, ActorType, Role
from domain.texts import Language
from watchkeeper.commands import options

tokens = typer.Typer(help="Bearer tokens of programs.", no_args_is_help=True)
people = typer.Typer(help="People who sign in.", no_args_is_help=True)

_ADMINISTRATOR = Actor(ActorType.PROGRAM, "command line", Role.ADMIN)

RoleOption = Annotated[Role, typer.Option("--role", help="What it may do")]
SiteOption = Annotated[list[str] | None, typer.Option("--site", help="Only this site (repeatable) [default: all]")]


@tokens.command("create")
def create_token(
    context: typer.Context,
    role: RoleOption,
    name: Annotated[str, typer.Option("--name", help="What the token is for")] = "command line",
    days: Annotated[int | None, typer.Option("--days", min=1, help="Valid for so many days [default: no end]")] = None,
    site: SiteOption = None,
    data: options.Data = None,
) -> None:
    """Print a new bearer token. It is shown this once; only its digest is kept."""
    settings = options.settings_of(context)
    from api.accounts import issue_token
    from watchkeeper.composition import opened_ledger

    now = datetime.now(UTC)
    with opened_ledger(settings) as ledger:
        secret = issue_token(
            ledger,
            name=name,
            role=role,
            at=now,
            actor=_ADMINISTRATOR,
            expires_at=now + timedelta(days=days) if days else None,
            sites=frozenset(site) if site else None,
        )
    typer.echo(secret)


@tokens.command("list")
def list_tokens(context: typer.Context, data: options.Data = None) -> None:
    """List tokens: name, role, created, and whether they still work."""
    settings = options.settings_of(context)
    from api.credentials import token_id
    from watchkeeper.composition import opened_ledger

    now = datetime.now(UTC)
    with opened_ledger(settings) as ledger, ledger.read() as rows:
        for token in rows.accounts.tokens():
            over = token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= now)
            created = f"{token.created_at:%Y-%m-%d %H:%M}Z"
            typer.echo(f"{token_id(token)}  {token.role:10} {created}  {'ended' if over else 'valid':6} {token.name}")


@tokens.command("revoke")
def revoke_token(
    context: typer.Context,
    identity: Annotated[str, typer.Argument(help="Its id, as `token list` shows")],
    data: options.Data = None,
) -> None:
    """End a token at once."""
    settings = options.settings_of(context)
    from api import accounts
    from watchkeeper.composition import opened_ledger

    with opened_ledger(settings) as ledger:
        token = accounts.revoke_token(ledger, identity=identity, at=datetime.now(UTC), actor=_ADMINISTRATOR)
    typer.echo(f"revoked: {token.name}")


@people.command("create")
def create_user(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name to sign in with")],
    role: RoleOption,
    full_name: Annotated[str, typer.Option("--full-name")] = "",
    language: Annotated[Language, typer.Option("--language")] = Language.EN,
    site: SiteOption = None,
    password: Annotated[
        str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True, help="Asked when not given")
    ] = "",
    data: options.Data = None,
) -> None:
    """Create a person's account."""
    settings = options.settings_of(context)
    from api.accounts import create_person
    from watchkeeper.composition import opened_ledger

    with opened_ledger(settings) as ledger:
        create_person(
            ledger,
            name=name,
            role=role,
            password=password,
            full_name=full_name,
            language=language,
            sites=frozenset(site) if site else None,
            at=datetime.now(UTC),
            actor=_ADMINISTRATOR,
        )
    typer.echo(f"{name} can sign in as {role}")


@people.command("list")
def list_users(context: typer.Context, data: options.Data = None) -> None:
    """List accounts."""
    settings = options.settings_of(context)
    from watchkeeper.composition import opened_ledger

    with opened_ledger(settings) as ledger, ledger.read() as rows:
        for person in rows.accounts.people():
            typer.echo(f"{person.name:20} {person.role:10} {'disabled' if person.disabled else ''}")


@people.command("disable")
def disable_user(context: typer.Context, name: Annotated[str, typer.Argument()], data: options.Data = None) -> None:
    """Stop an account from signing in and end its sessions."""
    settings = options.settings_of(context)
    from api.accounts import change_person
    from watchkeeper.composition import opened_ledger

    with opened_ledger(settings) as ledger:
        change_person(ledger, name, {"disabled": True}, at=datetime.now(UTC), actor=_ADMINISTRATOR)
    typer.echo(f"{name} can no longer sign in")
