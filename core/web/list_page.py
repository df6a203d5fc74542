"""The list of a model: search, filters, groups, sorting, pages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from markupsafe import Markup
from pyramid.response import Response

from core.i18n import _, translate
from core.views.format import formatter
from core.web import grouping, search
from core.web.columns import choices
from core.web.liststate import ListState
from core.web.menus import entry_for, menus_of
from core.web.pages import app_url, page, views_of, web_of
from core.web.records import COUNT_LIMIT, Page, may_sort, read_page
from core.web.resources import Collection

if TYPE_CHECKING:
    from pyramid.config import Configurator
    from pyramid.request import Request

    from core.views import GroupBy, Menu, View, ViewSet

_GROUP_PAGE = 80
_KEPT = 1_000


def list_view(views: ViewSet, model: str, menu: Menu | None, state: ListState) -> View:
    """The list that an address asks for, or the usual one of ``model``."""
    if menu is not None and menu.view and not state.view:
        return views.named(menu.view)
    try:
        return views.get(model, "list", state.view or None)
    except LookupError:
        return views.get(model, "list")


class ListOf:
    """One request for a list: its views, state and what they show."""

    def __init__(self, request: Request, info: Any, here: str) -> None:
        self.request = request
        self.env = request.env
        self.info = info
        self.here = here
        self.web = web_of(request)
        self.views = views_of(request)
        self.state = ListState.read(request.params)
        self.menu = self.views.menu(self.state.menu) if self.state.menu else None
        if self.menu is not None and self.menu.model != info.name:
            self.menu = None
        self.view = list_view(self.views, info.name, self.menu, self.state)
        self.search = self.views.get(info.name, "search")
        self.access = self.web.access(self.view, self.env)
        self.search_access = self.web.access(self.search, self.env)
        self.found = search.conditions(self.env, self.search, self.search_access, self.state, self.menu)
        self.by = self._group_by()

    def _group_by(self) -> GroupBy | None:
        name = self.state.group
        found = self.search.group_bys.get(name)
        if found is not None and self.search_access.shown.get(f"group-by[{name}]"):
            return found
        return None

    def url(self, **changes: Any) -> str:
        return self.state.url(self.here, **changes)

    # -- what is shown ----------------------------------------------------------------------------------------------

    def sections(self) -> tuple[list[dict[str, Any]], Page]:
        if self.by is None:
            read = read_page(self.env, self.web, self.view, self.access, self.found.conditions, self.state)
            plain: dict[str, Any] = {
                "label": None,
                "count": None,
                "url": None,
                "open": True,
                "sums": {},
                "rows": read.rows,
            }
            return [plain], read
        groups = grouping.read_groups(self.env, self.view, self.access, self.by, self.found.conditions)
        made = []
        for group in groups:
            is_open = group.key in self.state.open
            rows: Any = ()
            if is_open:
                inside = [*self.found.conditions, group.condition]
                plain_state = self.state.changed()
                rows = read_page(self.env, self.web, self.view, self.access, inside, plain_state, _GROUP_PAGE).rows
            keys = [one for one in self.state.open if one != group.key] + ([] if is_open else [group.key])
            made.append(
                {
                    "label": group.label,
                    "count": group.count,
                    "url": self.url(open=tuple(keys)),
                    "open": is_open,
                    "sums": group.sums,
                    "rows": rows,
                }
            )
        total = sum(group.count for group in groups)
        return made, Page((), total)

    def sort_links(self, sort: tuple[str, ...]) -> dict[str, dict[str, Any]]:
        links: dict[str, dict[str, Any]] = {}
        first = sort[0] if sort else ""
        for path in self.view.fields:
            if not may_sort(self.env, self.view, self.access, path):
                continue
            direction = None
            wanted = path
            if first.removeprefix("-") == path:
                direction = "descending" if first.startswith("-") else "ascending"
                wanted = path if first.startswith("-") else f"-{path}"
            links[path] = {"url": self.url(sort=(wanted,)), "direction": direction}
        return links

    def facets(self) -> dict[str, dict[str, Any]]:
        """Every filter and grouping, with the address that turns it on or off."""
        active = self.found.active
        found: dict[str, dict[str, Any]] = {}
        for name in self.search.filters:
            is_on = name in active
            names = tuple(one for one in active if one != name) if is_on else (*active, name)
            found[f"filter[{name}]"] = {"url": self.url(filters=names, open=()), "active": is_on}
        for name in self.search.group_bys:
            is_on = self.by is not None and self.by.name == name
            found[f"group-by[{name}]"] = {"url": self.url(group="" if is_on else name, open=()), "active": is_on}
        return found

    def chips(self) -> list[dict[str, str]]:
        """What narrows this list, each with the address without it."""
        active = self.found.active
        chips = [
            {
                "label": translate(self.search.filters[name].label),
                "url": self.url(filters=tuple(one for one in active if one != name), open=()),
            }
            for name in active
        ]
        if self.state.q:
            chips.append({"label": f"“{self.state.q}”", "url": self.url(q="", open=())})
        if self.state.where:
            chips.append({"label": self.state.where, "url": self.url(where="", open=())})
        if self.by is not None:
            chips.append({"label": f"{_('Group by')}: {translate(self.by.label)}", "url": self.url(group="", open=())})
        return chips

    def rendered(self) -> tuple[dict[str, Any], Page]:
        """The context of ``list.jinja2``."""
        env = self.env
        format_of = formatter(env.language, env.principal.zone)
        sections, read = self.sections()
        sort, box = self.chrome(read.sort)
        app = app_url(self.request)
        context: dict[str, Any] = {
            "f": format_of,
            "may": self.access.may,
            "shown": self.access.shown,
            "app": app,
            "here": self.here,
            "sections": sections,
            "sort": sort,
            "sums": read.sums if len(read.rows) > 1 else {},
            "pick": False,
        }
        table = self.web.template(self.view).render(context)
        return {
            "table": Markup(table),  # noqa: S704 - drawn by an escaping template
            "search": box,
            "f": format_of,
        }, read

    def chrome(self, sort: tuple[str, ...]) -> tuple[dict[str, dict[str, Any]], Markup]:
        """Links of the heads and the search with its menus: the same for everybody who sees the same and asks for the
        same, and most do."""
        env, cache = self.env, self.web.cache("chrome")
        state = replace(self.state, after="", before="")
        key = (
            self.web.key(self.view, env),
            self.web.key(self.search, env),
            env.language,
            self.here,
            state,
            sort,
            self.found.active,
        )
        found: tuple[dict[str, dict[str, Any]], Markup] | None = cache.get(key)
        if found is None:
            if len(cache) >= _KEPT:
                cache.clear()
            found = cache[key] = self.sort_links(sort), self._search_box()
        return found

    def _search_box(self) -> Markup:
        drawn = self.web.template(self.search).render(
            {
                "f": formatter(self.env.language, self.env.principal.zone),
                "may": self.search_access.may,
                "shown": self.search_access.shown,
                "app": app_url(self.request),
                "here": self.here,
                "q": self.state.q,
                "facets": self.facets(),
            }
        )
        return Markup(drawn)  # noqa: S704


def show(request: Request) -> Response:
    resource: Collection = request.context
    here = resource.path()
    one = ListOf(request, resource.info, here)
    drawn, read = one.rendered()
    env, state, view = request.env, one.state, one.view
    entries = menus_of(env, one.views, one.web.cache("menus"), app_url(request))
    entry = entry_for(entries, resource.info.name, state.menu or None)
    title = translate(entry.label) if entry is not None and state.menu else translate(view.label)
    format_of = drawn["f"]
    count = f"{format_of.integer(COUNT_LIMIT)}+" if read.count is None else format_of.integer(read.count)
    narrowed = bool(one.chips())
    many = read.count is None
    return page(
        request,
        "list.jinja2",
        title=title,
        current=entry.name if entry else None,
        table=drawn["table"],
        search=drawn["search"],
        count=count,
        empty=(not read.rows and one.by is None) or (one.by is not None and read.count == 0),
        narrowed=narrowed,
        clear=one.url(filters=(), q="", where="", group="", open=()),
        chips=one.chips(),
        state=state,
        fault=one.found.fault,
        fault_at=one.found.fault_at,
        hidden=[(name, value) for name, value in _kept(state)],
        here=here,
        new=f"{here}/new" if view.create and env.may(resource.info.name, "create") else None,
        new_label=translate(resource.info.title),
        plural=translate(resource.info.plural),
        previous=state.url(here, before=read.first, after="") if read.has_before and read.first else None,
        following=state.url(here, after=read.last, before="") if read.has_after and read.last else None,
        slow=many and not read.indexed,
        columns=choices(view, one.access, one.web.readable(view, env)),
        view_name=view.name,
        this=state.url(here),
    )


def _kept(state: ListState) -> list[tuple[str, str]]:
    """What stays when other words are searched for."""
    pairs = [("menu", state.menu), ("view", state.view), ("group", state.group), ("sort", ",".join(state.sort))]
    if state.filters is not None:
        pairs.append(("filter", ",".join(state.filters)))
    return [(name, value) for name, value in pairs if value or name == "filter"]


def includeme(config: Configurator) -> None:
    config.add_view(show, context=Collection, permission="read", request_method="GET")
