"""The pack's pages, pictures and templates for ComfyUI's page, whatever its folder is called.

ComfyUI serves them by static routes under the folder's name. aiohttp compares those, with a space spelled `%20`, with
addresses in which it is a space again (seen in 3.14), so that a folder called `my nodes` would have no painter, no
help and no templates. For such a name the same addresses are served here.
"""

import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

FOLDERS = {"extensions": "web", "workflow_templates": "workflows"}  # of an address, and of the pack


def serve(pack: Path) -> None:
    """Under ComfyUI, serve the files of a pack in a folder whose name an address cannot hold as it is."""
    server = getattr(sys.modules.get("server"), "PromptServer", None)
    if server is None or quote(pack.name) == pack.name:
        return
    for prefix, folder in FOLDERS.items():
        address = f"/{prefix}/{{pack:{re.escape(pack.name)}}}/{{file:.+}}"
        server.instance.routes.get(address)(_sender(pack / folder))


def _sender(folder: Path) -> Callable[[Any], Awaitable[Any]]:
    from aiohttp import web

    async def send(request: Any) -> Any:
        path = (folder / request.match_info["file"]).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path)

    return send
