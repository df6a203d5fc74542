"""The pages of one record: shown, typed, drafted, saved, and its buttons.

GET  …/{id}, …/new        the form
POST …/{id}, …/new        save; 422 with what is wrong, 409 with mine and theirs
POST …/draft              the answer to a change
POST …/do/{name}          save, then the transition or action, in one transaction
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from core.errors import ConflictError, UserError
from core.i18n import _, translate
from core.orm.model import Model
from core.views import draw
from core.web import applying, drafts, formdata, idempotency, inmemory, outcome, saving
from core.web.applying import Applied
from core.web.columns import choices
from core.web.errors import message_of, status_of
from core.web.forms import Posted, read_form
from core.web.formview import FormView
from core.web.menus import entry_for, menus_of
from core.web.pages import alert, app_url, go, html, page, partial, say, views_of, web_of
from core.web.parsing import whole
from core.web.resources import NewRecord, OneRecord, RecordAt
from core.web.saving import Conflict

if TYPE_CHECKING:
    from pyramid.config import Configurator
    from pyramid.request import Request

    from core.web.formdata import FormData


class FormPage:
    """One request for a record's form."""

    def __init__(self, request: Request) -> None:
        resource: OneRecord = request.context
        self.request = request
        self.env = request.env
        self.info = resource.info
        self.id = resource.id
        self.collection = resource.collection
        self.dialog = _dialog(request)
        self.here = resource.path()
        self.new = resource.id is None
        name = request.params.get("view") if request.method == "GET" else None
        self.form = self._form(name)

    def _form(self, name: str | None = None) -> FormView:
        views = views_of(self.request)
        try:
            view = views.get(self.info.name, "form", name or None)
        except LookupError:
            view = views.get(self.info.name, "form")
        pre = f"d{self.dialog}-" if self.dialog else ""
        return FormView(self.env, web_of(self.request), view, self.here, app_url(self.request), self.new, pre)

    # -- records ----------------------------------------------------------------------------------------------------

    def record(self) -> Any:
        """The record as an object, a fresh one for a new page; None when it is not there."""
        cls: Any = self.info.cls
        return self.env[cls]() if self.new else self.env.get(cls, self.id)

    def posted(self, values: dict[str, list[Any]] | None = None) -> Posted:
        return read_form(self.form.binding.form, self.request.data if values is None else values, self.form.reader)

    def data(self) -> FormData:
        """What a page shows that was not posted."""
        if not self.new:
            found = formdata.read_record(self.env, self.form.web, self.form.view, self.form.access, int(self.id or 0))
            if found is None:
                raise HTTPNotFound()
            outcome.complete(self.form, found)
            return found
        self.env.session.autoflush = False
        record = self.record()
        names = [name for name in self.request.params if name in self.form.binding.fields]
        values: dict[str, list[Any]] = {name: [self.request.params[name]] for name in names}
        values["_changed"] = [" ".join(names)]
        if not names:
            data = inmemory.of_record(self.env, self.form.web, self.form.view, self.form.access, record)
        else:
            data = outcome.shown(
                applying.apply(self.form, record, self.posted(_with_defaults(self.form, record, values)))
            )
            data.errors = {}
        outcome.complete(self.form, data)
        return data

    # -- drawing ----------------------------------------------------------------------------------------------------

    def show(self, data: FormData, status: int = 200, message: Any = "", key: str = "") -> Response:
        """The form as a page, or as the part of one that a dialog shows."""
        form = self.form
        signs = form.signs(data)
        values: dict[str, Any] = {
            "drawn": form.whole(data),
            "pre": form.pre,
            "here": self.here,
            "collection": self.collection,
            "new": self.new,
            "title": data.title or str(_("New: {model}")).format(model=translate(str(self.info.title))),
            "model_label": translate(str(self.info.plural)),
            "row_version": data.version,
            "base": json.dumps(form.base(data), separators=(",", ":")) if not self.new else "{}",
            "seen": Markup(drafts.seen_input(form, signs)),  # noqa: S704 - made of escaped text
            "key": key or idempotency.new_key(),
            "key_name": idempotency.KEY,
            "message": message,
            "dialog": self.dialog,
            "editable": bool(form.binding.fields or form.binding.lines),
            "may_delete": not self.new and form.view.delete and self.env.may(self.info.name, "delete"),
            "may_copy": not self.new and form.view.create and self.env.may(self.info.name, "create"),
            "has_files": any(node.kind in ("file", "image") for node in form.binding.fields.values()),
            "list_query": self.list_query(),
            "draft_key": f"{self.info.name}:{self.id or 'new'}",
            "csrf": self.request.visit.csrf,
            "columns": choices(form.view, form.access, form.web.readable(form.view, self.env)),
            "view_name": form.view.name,
            "this": self.here,
        }
        if self.dialog:
            text = form.web.templates.get_template("dialog.jinja2").render(values)
            return html(text, status)
        web = form.web
        entries = menus_of(self.env, views_of(self.request), web.cache("menus"), form.app)
        entry = entry_for(entries, self.info.name)
        return page(self.request, "form.jinja2", status, current=entry.name if entry else None, **values)

    def list_query(self) -> str:
        """The list that the user came from, so that the neighbours of a record are those of that list."""
        if "list" in self.request.params:
            return str(self.request.params["list"])
        referer = self.request.referer or ""
        address, _mark, query = referer.partition("?")
        return query if address.endswith(self.collection) else ""

    # -- answers to scripts -----------------------------------------------------------------------------------------

    def refuse(self, saved: Applied, status: int, message: Any, more: str = "") -> Response:
        """What is wrong: partials for the page, or the whole page again where no script asked."""
        with self.env.session.no_autoflush:
            data = outcome.shown(saved)
            if not self.request.is_htmx:
                outcome.complete(self.form, data)
                return self.show(data, status, message, saved.posted.one(idempotency.KEY))
            text = drafts.changes(self.form, data, saved.posted, {"messages": "1"})
        return html(partial(f"{self.form.pre}messages", str(message), "innerHTML") + text + more, status)

    def refuse_bare(self, error: UserError) -> Response:
        """A refusal that concerns no field: the page keeps everything."""
        target = f"{self.form.pre}messages"
        return html(partial(target, str(message_of(error)), "innerHTML"), status_of(error))


def _dialog(request: Request) -> int:
    found = whole(request.GET.get("_dialog") or (request.data.get("_dialog") or [""])[0])
    return found if found is not None and 0 < found < 10 else 0


def _with_defaults(form: FormView, record: Any, values: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Booleans of a new record, which an absent name would otherwise switch off."""
    for path, node in form.binding.fields.items():
        if node.kind == "boolean" and path not in values and getattr(record, path):
            values[path] = ["1"]
    return values


# -- pages ----------------------------------------------------------------------------------------------------------


def show(request: Request) -> Response:
    one = FormPage(request)
    return one.show(one.data())


def draft(request: Request) -> Response:
    request.environ["kontor.discard"] = True  # whatever its address looks like
    one = FormPage(request)
    record = one.record()
    if record is None:
        return gone(one)
    return html(drafts.answer_draft(one.form, record, one.posted()))


def gone(one: FormPage) -> Response:
    """The record was deleted meanwhile: everything typed is kept and can be saved as a new record."""
    text = _("This record no longer exists, or you may no longer see it. What you typed is still here.")
    more = Markup("")
    if one.env.may(one.info.name, "create") and one.form.view.create:
        more = Markup(
            '<div class="mt-1"><button type="submit" class="btn btn-sm btn-outline-secondary" form="{}record-form"'
            ' formaction="{}/new" data-save-as-new>{}</button></div>'
        ).format(one.form.pre, one.collection, _("Save as a new record"))
    message = alert(str(text), more=more)
    if one.request.is_htmx:
        return html(partial(f"{one.form.pre}messages", str(message), "innerHTML"), 404)
    one.new, one.id = True, None
    one.here = f"{one.collection}/new"
    one.form = one._form()
    one.env.session.autoflush = False
    made = applying.apply(one.form, one.record(), one.posted())
    return one.refuse(made, 404, message)


def save(request: Request) -> Response:
    one = FormPage(request)
    return _once(one, lambda record: _saved(one, record))


def do(request: Request) -> Response:
    """A button: save what was typed, then run the transition or action, all or nothing."""
    one = FormPage(request)
    name = request.subpath[0] if len(request.subpath) == 1 else ""
    if name not in one.info.transitions and name not in one.info.actions:
        raise HTTPNotFound()

    def run(record: Any) -> Response:
        found = getattr(record, name)()
        one.env.flush()
        step = one.info.transitions.get(name) or one.info.actions[name]
        target = found if isinstance(found, Model) and found is not record else record
        url = f"{one.form.app}/{target.info.name}/{target.id}" if target in one.env.session else one.collection
        return say(go(request, url), request, str(_("Done: {label}")).format(label=translate(str(step.label))))

    return _once(one, run)


def _once(one: FormPage, then: Callable[[Any], Response]) -> Response:
    """Save the posted form and go on with ``then``; a request that was answered before gets that answer again."""
    request, env = one.request, one.env
    record = None if one.new else one.record()
    if record is None and not one.new:
        return gone(one)
    posted = one.posted()
    key = posted.one(idempotency.KEY)
    if key:
        before = idempotency.claim(env, key, idempotency.fingerprint(request.data, request.path_info))
        if before is not None:
            return _again(one, before)
    elif one.new:
        return _no_key(one)
    if record is None:
        record = one.record()
    try:
        response = _save_and(one, record, posted, then)
    except UserError as error:
        env.session.rollback()
        if request.is_htmx:
            return one.refuse_bare(error)
        raise
    if key and response.status_int < 400:
        headers = [
            [name, value]
            for name, value in response.headers.items()
            if name in ("Location", "HX-Redirect", "HX-Trigger", "Content-Type")
        ]
        idempotency.remember(env, key, response.status_int, headers, response.body)
    return response


def _save_and(one: FormPage, record: Any, posted: Posted, then: Callable[[Any], Response]) -> Response:
    skip = saving.chosen(one.form, posted)
    merged = False
    if not one.new and (one.form.binding.fields or one.form.binding.lines):
        if posted.version is None:
            raise ConflictError(_("The page is too old. Load it anew; typed input is kept."))
        if posted.version != record.row_version:
            found = saving.merge(one.form, record, posted)
            if found.conflicts:
                return conflict(one, record, posted, found)
            skip, merged = frozenset(found.skip), True
    saved = saving.save(one.form, record, posted, skip)
    if not saved.done:
        return refused(one, saved)
    response = then(record)
    if merged:
        say(response, one.request, str(_("Somebody else changed this record too. Both changes are kept.")), "info")
    return response


def _saved(one: FormPage, record: Any) -> Response:
    request = one.request
    if one.dialog:
        response = html("")
        created = {"kontor:created": {"id": record.id, "label": str(record)}}
        response.headers["HX-Trigger"] = json.dumps(created)
        return response
    return say(go(request, f"{one.collection}/{record.id}"), request, str(_("Saved")))


def _again(one: FormPage, before: idempotency.Answer) -> Response:
    if before.same:
        response = Response(status=before.status, body=before.body)
        for name, value in before.headers:
            response.headers[name] = value
        return response
    text = _("This form was already saved, and has been changed since. Open the saved record and change it there.")
    headers = dict(before.headers)
    target = headers.get("HX-Redirect") or headers.get("Location") or one.collection
    link = Markup(' <a class="alert-link" href="{}">{}</a>').format(target, _("Open it"))
    if not one.request.is_htmx:
        return page(one.request, "error.jinja2", 409, title=_("Not saved"), text=text, more=link)
    return html(partial(f"{one.form.pre}messages", str(alert(str(text), "warning", link)), "innerHTML"), 409)


def _no_key(one: FormPage) -> Response:
    error = ConflictError(_("The page is too old. Load it anew; typed input is kept."))
    if one.request.is_htmx:
        return one.refuse_bare(error)
    raise error


def refused(one: FormPage, saved: saving.Saved) -> Response:
    count = sum(len(texts) for texts in saved.applied.faults.values())
    count += sum(len(texts) for row in saved.applied.row_faults.values() for texts in row.values())
    text = _("Not saved. Please correct what is marked.") if count else _("Not saved.")
    more = (
        Markup('<ul class="mb-0">{}</ul>').format(
            Markup("").join(Markup("<li>{}</li>").format(one) for one in saved.rest)
        )
        if saved.rest
        else Markup("")
    )
    return one.refuse(saved.applied, 422, alert(str(text), more=more))


# -- conflicts ------------------------------------------------------------------------------------------------------


def conflict(one: FormPage, record: Any, posted: Posted, found: saving.Merge) -> Response:
    """Mine and theirs side by side. Nothing is saved; the page now stands on their version, with mine typed into it."""
    env = one.env
    env.session.autoflush = False
    current = formdata.read_record(env, one.form.web, one.form.view, one.form.access, record.id)
    made = applying.apply(one.form, record, posted, frozenset(found.skip))
    message = conflict_message(one, found.conflicts)
    version = current.version if current is not None else record.row_version
    base = json.dumps(one.form.base(current), separators=(",", ":")) if current is not None else "{}"
    if not one.request.is_htmx:
        data = outcome.shown(made)
        outcome.complete(one.form, data)
        data.version = version
        return one.show(data, 409, message, posted.one(idempotency.KEY))
    pre = one.form.pre
    hidden = partial(f"w-{pre}row_version", version_inputs(pre, version, base))
    data = outcome.shown(made)
    data.version = version
    parts = drafts.changes(one.form, data, posted, {"messages": "1"})
    context = one.form.context(data)
    for name in one.form.binding.lines:
        outcome.complete(one.form, data)
        block = str(draw(one.form.web.template(one.form.view), context, name))
        parts += partial(f"w-{pre}{name}", block)
    return html(partial(f"{pre}messages", str(message), "innerHTML") + hidden + parts, 409)


def version_inputs(pre: str, version: int, base: str) -> str:
    return str(
        Markup(
            '<span id="w-{}row_version"><input type="hidden" name="row_version" value="{}">'
            '<input type="hidden" name="_base" value="{}"></span>'
        ).format(pre, version, base)
    )


def conflict_message(one: FormPage, conflicts: list[Conflict]) -> Markup:
    rows = Markup("").join(_conflict_row(one, conflict) for conflict in conflicts)
    text = _(
        "Somebody else has changed this record meanwhile. Choose what shall stand where both of you changed something, "
        "then save again."
    )
    head = Markup('<tr><th scope="col">{}</th><th scope="col">{}</th><th scope="col">{}</th></tr>').format(
        _("Field"), _("Mine"), _("Theirs")
    )
    table = Markup(
        '<table class="table table-sm mt-2 mb-0 conflict"><thead>{}</thead><tbody>{}</tbody></table>'
    ).format(head, rows)
    return alert(str(text), "warning", table)


def _conflict_row(one: FormPage, conflict: Conflict) -> Markup:
    if not conflict.choice:
        return Markup('<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>').format(
            conflict.label, conflict.mine, conflict.theirs
        )
    control = "-".join(part for part in conflict.place if part)
    cells = Markup("").join(
        Markup(
            '<td><label class="form-check"><input type="radio" class="form-check-input" form="{}record-form"'
            ' name="_keep-{}" value="{}"{}> <span class="form-check-label">{}</span></label></td>'
        ).format(one.form.pre, control, side, Markup(" checked") if side == "mine" else "", text or "–")
        for side, text in (("mine", conflict.mine), ("theirs", conflict.theirs))
    )
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(conflict.label, cells)


def includeme(config: Configurator) -> None:
    for context in (RecordAt, NewRecord):
        right = "read" if context is RecordAt else "create"
        config.add_view(show, context=context, permission=right, request_method="GET")
        config.add_view(draft, context=context, name="draft", permission=right, request_method="POST")
        config.add_view(do, context=context, name="do", permission=right, request_method="POST")
    config.add_view(save, context=RecordAt, permission="write", request_method="POST")
    config.add_view(save, context=NewRecord, permission="create", request_method="POST")
