"""What a role starts with: the config files, or, when they have a mistake, the revision in force.

Promises: an installation that once ran comes up again after a power cut whatever somebody left in a file meanwhile; it
says so in the log, and alerting makes it an alarm. One that never ran refuses to start. Leaves to others: reading files
(`watchkeeper.config_files`), telling people (`alerting.refused_config`).
"""

from __future__ import annotations

import msgspec
import structlog

from alerting.revisions import current_number, revision_of
from devices.registry import kinds
from domain.errors import ConfigError
from domain.ports.ledger import Ledger
from domain.revisions import Revision
from watchkeeper.config_channels import read_declared
from watchkeeper.config_files import Configuration, load_config
from watchkeeper.settings import Settings

log = structlog.get_logger()


class Starting(msgspec.Struct, frozen=True):
    """The config to start with. `refused`: what is wrong with the files, where it is not theirs."""

    configuration: Configuration
    refused: str | None = None


def starting_config(settings: Settings, ledger: Ledger) -> Starting:
    """What to start with. Raises ConfigError for files with a mistake where no revision can take their place."""
    try:
        return Starting(load_config(settings.config, kinds()))
    except ConfigError as error:
        kept = _in_force(ledger)
        if kept is None or kept.arrangements is None:
            raise
        log.error("config files refused, the revision in force goes on", revision=kept.number, mistakes=str(error))  # noqa: TRY400
        arranged = kept.arrangements
        configuration = Configuration(
            rules=kept.rules,
            templates=arranged.templates,
            fault_codes={},
            plan=arranged.plan,
            channels=read_declared(arranged.channels),
            duties=arranged.duties,
            windows=arranged.windows,
        )
        return Starting(configuration, str(error))


def mistake_in(settings: Settings) -> str | None:
    """What is wrong with the files now; None when nothing is."""
    try:
        load_config(settings.config, kinds())
    except ConfigError as error:
        return str(error)
    return None


def _in_force(ledger: Ledger) -> Revision | None:
    with ledger.read() as rows:
        number = current_number(rows)
        return revision_of(rows, number) if number is not None else None
