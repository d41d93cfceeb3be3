"""Papers of work orders: files, cost, signature, the notice to residents, and whether people are affected.

Promises: a file is received in parts, never held whole, refused as soon as it is too large or is nothing that an order
takes; what comes back is saved by browsers, never shown as a page of ours. Leaves to others: keeping content
(`domain.ports.files`), what an act needs (`alerting.desk`).
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import Annotated

import anyio
from anyio import to_thread
from fastapi import APIRouter, Path, Query
from fastapi import Request as Arriving
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from alerting.desk import KeptFile
from api.access import OrderHandler, PartsHere, Reader, RunningHere, acting_on_order, order_in_reach
from api.credentials import Caller
from api.lanes import Busy
from api.parts import Parts
from api.routes.queries import OrderId
from api.schemas.basics import Id
from api.schemas.papers import (
    AffectedRequest,
    AttachmentView,
    CostRequest,
    EditNoticeRequest,
    FileName,
    PublishNoticeRequest,
    SignRequest,
)
from api.schemas.work_orders import WorkOrderView
from api.views import order_view
from domain.errors import FilesUnavailable, Invalid, NotFound
from domain.papers import MAX_FILE_BYTES, SNIFF_BYTES, Attachment, Cost, FileType, sniff
from domain.people import Permission
from domain.ports.files import Files
from domain.texts import Text

router = APIRouter(prefix="/work-orders", tags=["work orders"])

LONGEST_UPLOAD_S = 300
"""Ten mebibytes at 35 kB/s: slower than that nobody waits."""

_SAVED_NOT_SHOWN = {"Content-Security-Policy": "default-src 'none'; sandbox"}
_ANY_BYTES = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"format": "binary", "type": "string"}}},
    }
}


@router.post(
    "/{order_id}/attachments",
    status_code=201,
    summary="Attach a file: its bytes are the body",
    openapi_extra=_ANY_BYTES,
)
async def attach_file(
    request: Arriving,
    caller: OrderHandler,
    running: RunningHere,
    order_id: OrderId,
    name: Annotated[FileName, Query(description="What people call it.")],
) -> AttachmentView:
    """10 MiB at the most: JPEG, PNG, WebP, HEIC, PDF, MP4, QuickTime, M4A or MP3, by its content and not its name."""
    parts = running.parts
    files = _files(parts)
    await to_thread.run_sync(_require_order, parts, caller, order_id)
    if running.uploads.locked():
        raise Busy("an upload")
    try:
        async with running.uploads, asyncio.timeout(LONGEST_UPLOAD_S):
            file = await _receive(request, files, name)
    except TimeoutError:
        raise HTTPException(408, f"a file must arrive within {LONGEST_UPLOAD_S} s") from None
    except ClientDisconnect:
        raise HTTPException(400, "the file did not arrive whole") from None
    attached = await to_thread.run_sync(_enter, parts, caller, order_id, file)
    return AttachmentView.model_validate(attached)


@router.get("/{order_id}/attachments/{attachment_id}", summary="Download a file", response_class=FileResponse)
def download_file(
    caller: Reader,
    parts: PartsHere,
    order_id: OrderId,
    attachment_id: Annotated[Id, Path(description="The file's id.")],
) -> FileResponse:
    """For saving: it is never a page of this server."""
    files = _files(parts)
    with parts.ledger.read() as rows:
        order = order_in_reach(caller, rows, order_id)
        found = rows.attachments.get(attachment_id)
    if found.order != order.id:
        raise NotFound(f"there is no file {attachment_id}")
    return FileResponse(
        files.path(found.digest),
        media_type=found.type.value,
        filename=_file_name(found),
        content_disposition_type="attachment",
        headers=_SAVED_NOT_SHOWN,
    )


@router.post("/{order_id}/affected", summary="Say whether people are affected")
def note_affected(caller: OrderHandler, parts: PartsHere, order_id: OrderId, body: AffectedRequest) -> WorkOrderView:
    """While they are, an urgent order owes a word every hour; until somebody says no, they count as affected."""
    with acting_on_order(parts, caller, order_id) as (tx, order):
        changed = parts.desk.note_affected(tx, order.id, affected=body.affected, note=body.note, actor=caller.actor)
    return order_view(changed)


@router.post("/{order_id}/cost", summary="Enter what the job cost")
def enter_cost(caller: OrderHandler, parts: PartsHere, order_id: OrderId, body: CostRequest) -> WorkOrderView:
    """In place of what was entered before; both are on the timeline."""
    cost = Cost(cents=int(body.amount * 100), currency=body.currency, note=body.note)
    with acting_on_order(parts, caller, order_id) as (tx, order):
        changed = parts.desk.enter_cost(tx, order.id, cost, actor=caller.actor)
    return order_view(changed)


@router.post("/{order_id}/signature", summary="Note who signed for the job")
def sign_work_order(caller: OrderHandler, parts: PartsHere, order_id: OrderId, body: SignRequest) -> WorkOrderView:
    """After the fix: a name, and the file with the picture of the signature where there is one."""
    with acting_on_order(parts, caller, order_id) as (tx, order):
        changed = parts.desk.sign(tx, order.id, name=body.name, attachment=body.attachment, actor=caller.actor)
    return order_view(changed)


@router.put("/{order_id}/residents-notice", summary="Write the notice to residents")
def edit_residents_notice(
    caller: OrderHandler, parts: PartsHere, order_id: OrderId, body: EditNoticeRequest
) -> WorkOrderView:
    """Of two who edit the same version one wins, and the other gets 409 with the winner's name."""
    text = Text(body.text.en, body.text.zh_hans, body.text.zh_hant)
    with acting_on_order(parts, caller, order_id) as (tx, order):
        changed = parts.desk.edit_notice(tx, order.id, text=text, version=body.version, actor=caller.actor)
    return order_view(changed)


@router.post("/{order_id}/residents-notice/published", summary="Say that the notice to residents is published")
def publish_residents_notice(
    caller: OrderHandler, parts: PartsHere, order_id: OrderId, body: PublishNoticeRequest
) -> WorkOrderView:
    """Publishing is done by people; this keeps who, when and where."""
    with acting_on_order(parts, caller, order_id) as (tx, order):
        changed = parts.desk.publish_notice(tx, order.id, version=body.version, where=body.where, actor=caller.actor)
    return order_view(changed)


def _files(parts: Parts) -> Files:
    if parts.files is None:
        raise FilesUnavailable("this installation keeps no files")
    return parts.files


def _require_order(parts: Parts, caller: Caller, order_id: str) -> None:
    """Before a byte is received: the order is there, in reach, and the caller may."""
    with parts.ledger.read() as rows:
        order = order_in_reach(caller, rows, order_id)
    caller.actor.require(Permission.HANDLE_ORDERS, order.site)


async def _receive(request: Arriving, files: Files, name: str) -> KeptFile:
    stack = ExitStack()
    incoming = await to_thread.run_sync(stack.enter_context, files.receive(MAX_FILE_BYTES))
    try:
        head, type_ = b"", None
        async for part in request.stream():
            if type_ is None:
                head += part[:SNIFF_BYTES]
                type_ = sniff(head) if len(head) >= SNIFF_BYTES else None
                if type_ is None and len(head) >= SNIFF_BYTES:
                    break
            await to_thread.run_sync(incoming.write, part)
        type_ = type_ or sniff(head)
        if type_ is None:
            takes = ", ".join(sorted({one.extension for one in FileType}))
            raise Invalid(f"file: by its content it is nothing that an order takes: {takes}")
        kept = await to_thread.run_sync(incoming.keep)
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(stack.close)
    return KeptFile(name=name, type=type_, size_bytes=kept.size_bytes, digest=kept.digest)


def _enter(parts: Parts, caller: Caller, order_id: str, file: KeptFile) -> Attachment:
    with acting_on_order(parts, caller, order_id) as (tx, order):
        most_bytes = parts.settings.files_limit_bytes
        return parts.desk.attach_file(tx, order.id, file, most_bytes=most_bytes, actor=caller.actor)


def _file_name(attachment: Attachment) -> str:
    """Its name, ending as its content does: what is opened is what it says."""
    extension = f".{attachment.type.extension}"
    name = attachment.name
    return name if name.lower().endswith(extension) else name + extension
