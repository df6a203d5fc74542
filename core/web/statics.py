"""Files that never change under their address: the bundles of the front end, and what addons keep in ``static/``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import FileResponse, Response

from core.web.assets import CACHE_FOREVER, DIST

if TYPE_CHECKING:
    from pyramid.config import Configurator
    from pyramid.request import Request

#: nothing else is served, whatever lies in the folders
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".json": "application/json",
    ".txt": "text/plain",
    ".map": "application/json",
}


ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0b5fae"/>'
    '<path d="M4 3h2v4l4-4h2.6L8.4 7.2 13 13h-2.6L7 8.6l-1 1V13H4z" fill="#fff"/></svg>'
)


def icon(request: Request) -> Response:
    response = Response(body=ICON.encode(), content_type="image/svg+xml", charset="utf-8")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


def bundle(request: Request) -> Response:
    return _file(request, DIST, request.matchdict["name"])


def of_addon(request: Request) -> Response:
    for manifest in request.registry.kontor.set.addons:
        if manifest.name == request.matchdict["addon"]:
            return _file(request, manifest.path / "static", "/".join(request.matchdict["name"]))
    raise HTTPNotFound()


def _file(request: Request, folder: Path, name: str) -> Response:
    try:
        path = (folder / name).resolve()
        kind = TYPES.get(path.suffix)
        found = path.is_relative_to(folder.resolve()) and path.is_file()
    except (ValueError, OSError):  # NUL, or longer than any name may be
        raise HTTPNotFound() from None
    if kind is None or not found:
        raise HTTPNotFound()
    charset = "; charset=utf-8" if kind.startswith("text/") or kind.endswith("json") else ""
    response = FileResponse(str(path), request=request, content_type=kind)
    response.headers["Content-Type"] = kind + charset
    response.headers["Cache-Control"] = CACHE_FOREVER
    return response


def includeme(config: Configurator) -> None:
    config.add_route("icon", "/static/icon.svg")
    config.add_view(icon, route_name="icon", permission="public", request_method="GET")
    config.add_route("bundle", "/static/dist/{name}")
    config.add_view(bundle, route_name="bundle", permission="public", request_method="GET")
    config.add_route("addon static", "/static/{addon}/*name")
    config.add_view(of_addon, route_name="addon static", permission="public", request_method="GET")
