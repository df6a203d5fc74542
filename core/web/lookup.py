"""Finds linked records by what a user types: beginnings first, then words, then parts of words; JSON for the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import sqlalchemy as sa
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from core.i18n import _
from core.orm.expressions import parse, to_filter
from core.orm.folding import fold
from core.web.pages import app_url, views_of, web_of
from core.web.resources import Collection
from core.web.search import beginning, found_in, readable_names
from core.web.selecting import Columns

if TYPE_CHECKING:
    from pyramid.config import Configurator
    from pyramid.request import Request

    from core.env import Env
    from core.orm.assemble import ModelInfo
    from core.orm.fields import Field

LIMIT = 12
#: fields that tell records of the same name apart, shown beside the label
_DETAILS = ("code", "number", "city", "place", "email", "phone", "login")


def lookup(request: Request) -> Response:
    """``GET /app/{model}/lookup?field=partner&q=and``."""
    env: Env = request.env
    info, one = target_of(env, request.context.info, str(request.params.get("field", "")), request)
    words = str(request.params.get("q", ""))[:200].strip()
    items = find(env, info, one, words)
    if env.may(info.name, "create") and views_of(request).get(info.name, "form").create and info.owner is None:
        items.append(_create(request, info, words))
    response = Response(body=json.dumps(items, ensure_ascii=False).encode(), content_type="application/json")
    response.charset = "utf-8"
    return response


def target_of(env: Env, info: ModelInfo, path: str, request: Request) -> tuple[ModelInfo, Field[Any]]:
    """The model that the field at ``path`` links to; 404 for what is no link or may not be read."""
    view = views_of(request).get(info.name, "form")
    access = web_of(request).access(view, env)
    if not access.may.get(path):
        raise HTTPNotFound()
    *hops, name = path.split(".")
    for hop in hops:
        info = env.models[str(info.fields[hop].target)]
    one = info.fields[name]
    if one.target is None or not env.may(one.target, "read"):
        raise HTTPNotFound()
    return env.models[one.target], one


def find(env: Env, info: ModelInfo, one: Field[Any], words: str) -> list[dict[str, Any]]:
    """At most ``LIMIT`` records, the likeliest first: names that begin with the words, then those that contain them.

    Each step is one statement that an index serves, however many records there are.
    """
    columns = Columns(env, info)
    cls: Any = info.cls
    label = columns.label_of(info, cls)
    statement = columns.joined(sa.select(cls.id, label.label("label"), *_detail(env, info, columns)).select_from(cls))
    given = one.given.get("filter")
    if given:
        expression = parse(str(given))
        expression.check(env.models, info.name, expect="boolean")
        statement = statement.where(to_filter(expression, cls, env.scope))
    if "active" in info.fields and info.fields["active"].kind == "boolean":
        statement = statement.where(info.attr("active").is_(True))
    found: dict[int, dict[str, Any]] = {}
    for condition, order in _steps(env, info, cls, label, words):
        asked = statement if condition is None else statement.where(condition)
        for row in env.session.execute(asked.order_by(*order).limit(LIMIT)):
            found.setdefault(row[0], _item(row))
        if len(found) >= LIMIT:
            break
    return list(found.values())[:LIMIT]


#: (condition or None, what to sort by)
Step = tuple[Any, list[Any]]


def _steps(env: Env, info: ModelInfo, cls: Any, label: Any, words: str) -> Iterator[Step]:
    names = readable_names(env, info)
    whole, texts = fold(words), fold(words).split()[:6]
    columns = [info.folded(name) for name in names]
    if not texts:
        yield None, [*columns[:1], cls.id]
    elif not names:
        yield sa.func.lower(label).contains(words.lower(), autoescape=True), [cls.id]
    else:
        for column in columns:
            yield beginning(column, whole), [column, cls.id]
        yield sa.and_(*(found_in(env, info, names, "contains", text) for text in texts)), [columns[0], cls.id]


def _item(row: Any) -> dict[str, Any]:
    item: dict[str, Any] = {"id": row[0], "label": str(row[1] or "")}
    if len(row) > 2 and row[2] and str(row[2]) not in item["label"]:
        item["detail"] = str(row[2])
    if len(row) > 3 and row[3]:
        item["code"] = str(row[3])
    return item


def _detail(env: Env, info: ModelInfo, columns: Columns) -> list[Any]:
    """A column that tells namesakes apart, and the code by which a record can be named."""
    found: list[Any] = []
    names = [
        name
        for name in _DETAILS
        if name in info.fields and info.fields[name].stored and env.readable(info, info.fields[name])
    ]
    if not names:
        return found
    first = names[0]
    linked = info.fields[first].kind == "many2one"
    found.append((columns.label(first) if linked else columns.value(first)).label("detail"))
    code = next((name for name in ("code", "number") if name in names and info.fields[name].kind == "char"), None)
    if code is not None:
        found.append(columns.value(code).label("code"))
    return found


def _create(request: Request, info: ModelInfo, words: str) -> dict[str, Any]:
    naming = next((name for name in ("name", "title", "subject", "text") if name in info.fields), None)
    query = f"?{urlencode([(str(naming), words)])}" if words and naming else ""
    label = str(_("Create “{name}”…")).format(name=words) if words else str(_("Create a new one…"))
    return {"id": None, "create": True, "label": label, "url": f"{app_url(request)}/{info.name}/new{query}"}


def includeme(config: Configurator) -> None:
    config.add_view(lookup, context=Collection, name="lookup", permission="read", request_method="GET")
