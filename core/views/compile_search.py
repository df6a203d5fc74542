"""Searches as Jinja2 source: a box to type in, and menus of filters and groupings."""

from __future__ import annotations

from core.views import source
from core.views.source import key, t, when
from core.views.view import View


def search_source(view: View) -> str:
    box = (
        '<input type="search" class="form-control form-control-sm" name="q" id="search" data-search autocomplete="off"'
        f' value="{{{{ q }}}}" aria-label="{t("Search")}" placeholder="{t("Search")}">'
    )
    filters: list[str] = []
    section = 0
    for one in view.filters.values():
        if one.section != section and filters:
            filters.append('<li><hr class="dropdown-divider"></li>')
        section = one.section
        filters.append(_item(f"filter[{one.name}]", one.label))
    groups = [_item(f"group-by[{one.name}]", one.label) for one in view.group_bys.values()]
    menus = _menu(t("Filter"), "filter", filters) + _menu(t("Group by"), "group-by", groups)
    return source.block("search", f'<div class="search" role="search">{box}{menus}</div>')


def _item(anchor: str, label: str) -> str:
    facet = f"facets[{key(anchor)}]"
    active = when(f"{facet}.active", ' active" aria-current="true', "")
    return when(
        f"shown[{key(anchor)}]",
        f'<li><a class="dropdown-item{active}" href="{{{{ {facet}.url }}}}">{t(label)}</a></li>',
    )


def _menu(label: str, name: str, items: list[str]) -> str:
    if not items:
        return ""
    toggle = (
        '<button type="button" class="btn btn-sm btn-outline-secondary dropdown-toggle" data-bs-toggle="dropdown"'
        f' aria-expanded="false" data-menu="{name}">{label}</button>'
    )
    return f'<div class="dropdown">{toggle}<ul class="dropdown-menu">{"".join(items)}</ul></div>'
