"""Beside the form of a record: its files, its story, its neighbours in a list, duplicating and deleting it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import FileIter, Response
from webob.multidict import MultiDict

from core.errors import ValidationError
from core.i18n import _, translate
from core.orm.files import StoredFile
from core.web import paging, search
from core.web.form_page import FormPage
from core.web.list_page import list_view
from core.web.liststate import ListState
from core.web.pages import go, html, page, say, views_of, web_of
from core.web.panels import draw, draw_entries, panels_of
from core.web.records import plan_of, read_page
from core.web.resources import RecordAt

if TYPE_CHECKING:
    from pyramid.config import Configurator
    from pyramid.request import Request

    from core.views.panels import Adding

#: shown by the browser; everything else is only ever downloaded
INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def found(request: Request) -> Any:
    """The record of the address; 404 when there is none that the user may see."""
    cls: Any = request.context.info.cls
    record = request.env.get(cls, request.context.id)
    if record is None:
        raise HTTPNotFound()
    return record


def download(request: Request) -> Response:
    """Whoever may read the field may read the file; there is no other way to it."""
    info, env = request.context.info, request.env
    name = request.subpath[0] if len(request.subpath) == 1 else ""
    field = info.fields.get(name)
    if field is None or field.kind not in ("file", "image") or not env.readable(info, field):
        raise HTTPNotFound()
    stored = getattr(found(request), name)
    if not isinstance(stored, StoredFile):
        raise HTTPNotFound()
    try:
        stream = request.database.files.open(stored.sha256)
    except FileNotFoundError:
        raise HTTPNotFound() from None
    inline = stored.type in INLINE
    response = Response(app_iter=FileIter(stream), content_type=stored.type if inline else "application/octet-stream")
    response.content_length = stored.size
    how = "inline" if inline else "attachment"
    plain = stored.name.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "_")
    response.headers["Content-Disposition"] = (
        f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(stored.name, safe='')}"
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def panel(request: Request) -> Response:
    """A panel of the form: a piece for the page, or a page of its own."""
    one = FormPage(request)
    name = request.subpath[0] if len(request.subpath) == 1 else "thread"
    known = panels_of(one.form).get(name)
    box = one.form.view.panels.get(name)
    if known is None or (box is not None and not one.form.access.shown[box.anchor]):
        raise HTTPNotFound()
    record = found(request)
    if request.method == "POST":
        _add(request, known.adding, record)
    if request.is_htmx:
        return html(draw(known, record, name, one.form))
    entries = draw_entries(known.entries(record), one.form)
    label = translate(box.label) if box is not None and box.label else str(_("Story"))
    title = f"{label}: {record}"
    return page(
        request, "panel.jinja2", title=title, label=label, entries=entries, here=one.here, record=str(record)
    )


def _add(request: Request, adding: Adding | None, record: Any) -> None:
    """Put what was written or chosen onto the record; the rights are those of the model that the panel names."""
    if adding is None:
        raise HTTPNotFound()
    text = str((request.data.get("text") or [""])[0]).strip() if adding.text else ""
    chosen = [one for one in request.data.get("files", ()) if getattr(one, "filename", None)] if adding.files else []
    if not text and not chosen:
        raise ValidationError(_("There is nothing to add yet: write something or choose a file."))
    try:
        files = [request.database.files.put(one.file, one.filename) for one in chosen]
    except ValueError:
        raise ValidationError(_("A file is larger than 50 MB.")) from None
    adding.do(record, text, files, bool(adding.shared) and request.data.get("shared") == ["1"])
    request.env.flush()


def duplicate(request: Request) -> Response:
    record = found(request)
    copy = record.duplicate()
    request.env.flush()
    url = f"{request.context.collection}/{copy.id}"
    return say(go(request, url), request, str(_("This is the copy.")))


def delete(request: Request) -> Response:
    record = found(request)
    label = str(record)
    request.env.delete(record)
    request.env.flush()
    return say(go(request, request.context.collection), request, str(_("Deleted: {record}")).format(record=label))


def neighbour(request: Request) -> Response:
    """Goes to the record before or after this one, in the list that the user came from."""
    env, info = request.env, request.context.info
    web, views = web_of(request), views_of(request)
    state = ListState.read(MultiDict(parse_qsl(str(request.params.get("list", ""))[:4000])))
    menu = views.menu(state.menu) if state.menu else None
    if menu is not None and menu.model != info.name:
        menu = None
    view = list_view(views, info.name, menu, state)
    searching = views.get(info.name, "search")
    access = web.access(view, env)
    conditions = search.conditions(env, searching, web.access(searching, env), state, menu).conditions
    cls: Any = info.cls
    plan = plan_of(env, web, view, access, state.sort)
    row = env.session.execute(plan.statement.where(cls.id == request.context.id)).one_or_none()
    if row is None:
        raise HTTPNotFound()
    place = paging.pack(tuple(row)[plan.width :])
    forwards = request.view_name == "next"
    there = state.changed(after=place) if forwards else state.changed(before=place)
    rows = read_page(env, web, view, access, conditions, there, 1, counted=False).rows
    base, query = request.context.collection, quote(state.query(), safe="")
    if not rows:
        text = _("This was the last record of the list.") if forwards else _("This was the first record of the list.")
        return say(go(request, f"{base}/{request.context.id}?list={query}"), request, str(text), "info")
    return go(request, f"{base}/{rows[0][0]}?list={query}")


def includeme(config: Configurator) -> None:
    config.add_view(download, context=RecordAt, name="file", permission="read", request_method="GET")
    config.add_view(panel, context=RecordAt, name="panel", permission="read", request_method=("GET", "POST"))
    config.add_view(panel, context=RecordAt, name="thread", permission="read", request_method="GET")
    config.add_view(duplicate, context=RecordAt, name="duplicate", permission="create", request_method="POST")
    config.add_view(delete, context=RecordAt, name="delete", permission="delete", request_method="POST")
    config.add_view(neighbour, context=RecordAt, name="next", permission="read", request_method="GET")
    config.add_view(neighbour, context=RecordAt, name="previous", permission="read", request_method="GET")
