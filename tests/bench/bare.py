"""The floor of pages: Pyramid, Jinja2 and Core, the same cells and fields, and nothing else.

No session, rights, menus, widgets, formats or translations; the row is read, put into a plain template, and sent.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from jinja2 import Environment
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response

from core.registry.database import Database
from tests.bench.reading import SIZE, core_list
from tests.bench.world import seller_of

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title></head><body>
<h1>{{ title }}</h1>%s</body></html>"""
LIST = (
    PAGE
    % """<table><thead><tr>{% for one in heads %}<th>{{ one }}</th>{% endfor %}</tr></thead><tbody>
{% for row in rows %}<tr>
<td><a href="/order/{{ row[0] }}">{{ row[1] }}</a></td><td>{{ row[2] }}</td>
<td><a href="/partner/{{ row[3] }}">{{ row[4] or "" }}</a></td>
<td><a href="/user/{{ row[5] }}">{{ row[6] or "" }}</a></td>
<td>{{ row[7] or "" }}</td><td>{{ row[8] }}</td><td>{{ row[9] }} {{ row[10] }}</td><td>{{ row[11] }} {{ row[12] }}</td>
</tr>{% endfor %}</tbody></table><p>{{ count }}</p>"""
)
FORM = (
    PAGE
    % """<form method="post"><input type="hidden" name="version" value="{{ order.row_version }}">
{% for name in names %}<div><label for="{{ name }}">{{ name }}</label>
<input id="{{ name }}" name="{{ name }}" value="{{ order[name] if order[name] is not none else "" }}"></div>{% endfor %}
<table>{% for line in lines %}<tr>{% for name in line_names %}
<td><input name="lines.{{ loop.index0 }}.{{ name }}" value="{{ line[name] if line[name] is not none else "" }}"></td>
{% endfor %}</tr>{% endfor %}</table><button>Save</button></form>"""
)


def application(database: Database) -> Any:
    """The WSGI application with ``/list`` and ``/form/ID``."""
    environment = Environment(autoescape=True)
    drawn_list, drawn_form = environment.from_string(LIST), environment.from_string(FORM)
    models = database.set.models
    seller = seller_of(database)
    rows = core_list(models, seller)
    c = models["orders.order"].table.c
    some = sa.select(c.id).where(c.company_id.in_(seller.companies)).limit(10_001).subquery()
    counted = sa.select(sa.func.count()).select_from(some)
    one, lines, names, line_names = form_statements(database)
    heads = ("Number", "Date", "Customer", "Responsible", "Reference", "State", "Net", "Total")

    def show_list(request: Request) -> Response:
        with database.engine.connect() as connection:
            found = connection.execute(rows).all()[:SIZE]
            count = connection.scalar(counted)
        text = drawn_list.render(title="Orders", heads=heads, rows=found, count=count)
        return Response(text)

    def show_form(request: Request) -> Response:
        key = {"key": int(request.matchdict["id"])}
        with database.engine.connect() as connection:
            order = connection.execute(one, key).mappings().one()
            found = connection.execute(lines, key).mappings().all()
        text = drawn_form.render(title="Order", order=order, lines=found, names=names, line_names=line_names)
        return Response(text)

    with Configurator() as config:
        config.add_route("list", "/list")
        config.add_view(show_list, route_name="list")
        config.add_route("form", "/form/{id}")
        config.add_view(show_form, route_name="form")
        config.add_route("login", "/login")
        config.add_view(lambda request: Response("ready"), route_name="login")
        return config.make_wsgi_app()


def form_statements(database: Database) -> tuple[Any, Any, list[str], list[str]]:
    """An order and its lines with every field of the form and the labels of linked records."""
    view = database.set.part("views").get("orders.order", "form")
    key: Any = sa.bindparam("key")
    order, names = _labelled(database, "orders.order", [one.field.name for one in view.fields.values()])
    columns = [one.field.name for one in view.lines["lines"].columns]
    lines, line_names = _labelled(database, "orders.order_line", columns)
    models = database.set.models
    return (
        order.where(models["orders.order"].table.c.id == key),
        lines.where(models["orders.order_line"].table.c.order_id == key),
        names,
        line_names,
    )


def _labelled(database: Database, model: str, names: list[str]) -> tuple[sa.Select[Any], list[str]]:
    models = database.set.models
    info = models[model]
    table: Any = info.table
    joined: Any = table
    columns: list[Any] = [table.c.id, table.c.row_version]
    shown = []
    for name in names:
        one = info.fields[name]
        if not one.stored or one.kind in ("one2many", "many2many"):
            continue
        shown.append(name)
        columns.append(table.c[one.column_name].label(name if one.kind != "many2one" else f"{name}_id"))
        if one.kind == "many2one":
            target = models[str(one.target)]
            other = target.table.alias(f"j_{name}")
            joined = joined.outerjoin(other, table.c[one.column_name] == other.c.id)
            word = next(word for word in ("code", "number", "name") if word in other.c)
            columns.append(other.c[word].label(name))
    return sa.select(*columns).select_from(joined), shown
