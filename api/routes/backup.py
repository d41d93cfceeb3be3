"""A copy of the history, made by the process that owns it."""

from __future__ import annotations

from fastapi import APIRouter

from api.access import BackupMaker, RunningHere
from api.schemas.backup import HistoryCopyView
from domain.errors import Conflict, NotAllowed

router = APIRouter(prefix="/backup", tags=["care"])


@router.post("", status_code=201, summary="Copy the history, below `history-copy` in the server's data folder")
async def copy_history(caller: BackupMaker, running: RunningHere) -> HistoryCopyView:
    """Batches go on being stored meanwhile. It takes the place of the copy before it.

    `watchkeeper backup` calls this and takes the copy away, with everything else that belongs to a backup.
    """
    if caller.actor.sites is not None:
        raise NotAllowed("the history holds every site, and this account reaches only some")
    copy = running.parts.copy_history
    if copy is None:
        raise Conflict("this process keeps no embedded history; a history server has backups of its own")
    made_at = running.parts.clock.now()
    made = await running.backups.run(lambda: copy(made_at))
    return HistoryCopyView(name=made.name, made_at=made_at, size_bytes=made.size_bytes)
