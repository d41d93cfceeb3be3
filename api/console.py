"""The console's files: the build of `console/`, and its page for every address that the console routes itself.

Promises: files named by their content (`assets/`) are kept by browsers for good, the page never; an unknown address
under `/api` is a 404, not the page. Leaves to others: building it.
"""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PAGE = "index.html"
_FOR_GOOD = "public, max-age=31536000, immutable"


class ConsoleFiles(StaticFiles):
    """Serves a folder that holds `index.html`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or the page for an address of the console's own."""
        address = scope["path"].lstrip("/")
        if address == "api" or address.startswith("api/"):
            raise HTTPException(404, "there is nothing here")
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, "files can only be read", headers={"Allow": "GET, HEAD"})
        try:
            response = await super().get_response(path if path != "." else PAGE, scope)
        except HTTPException as error:
            if error.status_code != 404 or "." in address.rpartition("/")[2]:
                raise
            path, response = PAGE, await super().get_response(PAGE, scope)
        response.headers["Cache-Control"] = _FOR_GOOD if path.startswith("assets/") else "no-cache"
        return response
