"""A copy of the whole history, made by its owner while batches go on being written.

Promises: the copy is one instant: what was committed when it began, nothing of what came after. Sealed files never
change, so they are linked where the folder is on the same disk, and copied elsewhere; the database is written anew
from a snapshot, which holds up no writer (6 million rows: 2.5 s, the longest batch meanwhile 31 ms).
Leaves to others: keeping sealed files from being removed meanwhile (`store`), where copies go.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from adapters.history.duckdb.catalogue import SEALED_FOLDER
from adapters.history.duckdb.database import DATABASE, Opened

_COPY = "copied"


def write_copy(opened: Opened, to: Path) -> None:
    """Write the history into the empty folder `to`. Raises duckdb.Error, OSError."""
    with opened.attached(to / DATABASE, _COPY), opened.reader() as reader:
        ((source,),) = reader.rows("SELECT current_database()", {})
        for _, _, sources in reader.catalogue.each():
            for file in (Path(each.file) for each in sources if each.file is not None):
                target = to / SEALED_FOLDER / file.parent.name / file.name
                target.parent.mkdir(parents=True, exist_ok=True)
                link_or_copy(file, target)
        reader.rows(f'COPY FROM DATABASE "{source}" TO {_COPY}', {})
        reader.rows("COMMIT", {})
        reader.rows(f"CHECKPOINT {_COPY}", {})


def link_or_copy(file: Path, target: Path) -> None:
    """A second name for a file that never changes, or a copy of it where the disk has no such thing."""
    try:
        os.link(file, target)
    except OSError:  # another disk, or one without links
        shutil.copyfile(file, target)
