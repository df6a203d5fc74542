"""Draws what panels say: entries of the record's story, its messages, its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import nh3
from markupsafe import Markup

from core.i18n import _, translate
from core.views.panels import Entry, Panel, panels

if TYPE_CHECKING:
    from core.web.formview import FormView


def panels_of(form: FormView) -> dict[str, Panel]:
    cache = form.web.cache("panels")
    if "all" not in cache:
        cache["all"] = panels(form.env.set)
    found: dict[str, Panel] = cache["all"]
    return found


def place_for(form: FormView, name: str) -> Markup:
    """Where the panel ``name`` comes to stand: it is asked for when somebody looks at it, so that a form costs no more
    for the panels behind its tabs."""
    if form.new:
        return Markup('<p class="text-secondary">{}</p>').format(_("Shown when the record has been saved."))
    url = f"{form.here}/panel/{name}"
    return Markup(
        '<div hx-get="{}" hx-trigger="revealed" hx-swap="innerHTML" data-panel="{}">'
        '<a class="text-secondary" href="{}">{}</a></div>'
    ).format(url, name, url, _("Show"))


def draw(panel: Panel, record: Any, name: str, form: FormView) -> Markup:
    """What one may add, then the entries."""
    return _box(panel, name, form) + draw_entries(panel.entries(record), form)


def _box(panel: Panel, name: str, form: FormView) -> Markup:
    adding = panel.adding
    if adding is None or not form.env.may(adding.model, "create"):
        return Markup("")
    template = form.web.templates.get_template("compose.jinja2")
    return Markup(template.render(adding=adding, name=name, url=f"{form.here}/panel/{name}"))  # noqa: S704 - escaped there


def draw_entries(entries: Any, form: FormView) -> Markup:
    drawn = [_entry(one, form) for one in entries]
    if not drawn:
        return Markup('<p class="text-secondary">{}</p>').format(_("Nothing yet."))
    return Markup('<ol class="entries list-unstyled">{}</ol>').format(Markup("").join(drawn))


def _entry(one: Entry, form: FormView) -> Markup:
    heading = Markup("<strong>{}</strong>").format(translate(str(one.heading)))
    if one.record is not None and not one.here:
        address = f"{form.app}/{one.record.info.name}/{one.record.id}"
        heading = Markup('<a href="{}">{}</a>').format(address, heading)
    parts = [heading]
    if one.kind:
        parts.append(Markup('<span class="badge">{}</span>').format(translate(str(one.kind))))
    if one.author:
        parts.append(Markup("<span>{}</span>").format(one.author))
    if one.at is not None:
        parts.append(
            Markup('<time class="text-secondary" datetime="{}">{}</time>').format(
                one.at.isoformat(), form.f.datetime(one.at)
            )
        )
    body = [Markup('<div class="d-flex flex-wrap gap-2 align-items-baseline">{}</div>').format(Markup(" ").join(parts))]
    if one.text:
        body.append(Markup("<div>{}</div>").format(Markup("<br>").join(str(one.text).splitlines())))
    if one.html:
        body.append(Markup('<div class="richtext">{}</div>').format(Markup(nh3.clean(one.html))))  # noqa: S704 - cleaned
    if one.file is not None and one.record is not None:
        field = next(
            (
                f.name
                for f in one.record.info.fields.values()
                if f.kind in ("file", "image") and getattr(one.record, f.name) == one.file
            ),
            None,
        )
        address = f"{form.app}/{one.record.info.name}/{one.record.id}/file/{field}"
        body.append(
            Markup('<div><a href="{}" download="{}">{}</a></div>').format(address, one.file.name, one.file.name)
        )
    tone = f" look-{one.tone}" if one.tone else ""
    current = Markup(' aria-current="true"') if one.here else Markup("")
    return Markup('<li class="entry mb-2{}"{}>{}</li>').format(tone, current, Markup("").join(body))
