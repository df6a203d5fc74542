"""Finds linked records by what a user types: beginnings first, then words, then parts of words; JSON for the page."""

from __future__ import annotations

import json
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
    """At most ``LIMIT`` records, the likeliest first."""
    columns = Columns(env, info)
    cls: Any = info.cls
    label = columns.label_of(info, cls)
    names = [name for name in info.searchable if env.readable(info, info.fields[name])]
    folded = [info.folded(name) for name in names]
    detail = _detail(env, info, columns)
    statement = columns.joined(sa.select(cls.id, label.label("label"), *detail).select_from(cls))
    given = one.given.get("filter")
    if given:
        expression = parse(str(given))
        expression.check(env.models, info.name, expect="boolean")
        statement = statement.where(to_filter(expression, cls, env.scope))
    if "active" in info.fields and info.fields["active"].kind == "boolean":
        statement = statement.where(info.attr("active").is_(True))
    texts = fold(words).split()
    if texts and folded:
        rank: list[Any] = []
        for text in texts[:6]:
            statement = statement.where(sa.or_(*(column.contains(text, autoescape=True) for column in folded)))
        whole = " ".join(texts)
        rank.append(
            sa.case(
                (sa.or_(*(column == whole for column in folded)), 0),
                (sa.or_(*(column.startswith(whole, autoescape=True) for column in folded)), 1),
                (sa.or_(*(column.contains(f" {texts[0]}", autoescape=True) for column in folded)), 2),
                else_=3,
            )
        )
        statement = statement.order_by(*rank, folded[0], cls.id)
    elif texts:
        statement = statement.where(sa.func.lower(label).contains(words.lower(), autoescape=True)).order_by(cls.id)
    else:
        order = [
            getattr(cls, name)
            for name in (info.order or ())[:1]
            if not name.startswith("-")
            and env.readable(info, info.fields[name])
            and info.fields[name].stored
            and info.fields[name].kind == "char"
            and not info.fields[name].translate
        ]
        statement = statement.order_by(*(order or folded[:1]), cls.id)
    found = []
    for row in env.session.execute(statement.limit(LIMIT)):
        item: dict[str, Any] = {"id": row[0], "label": str(row[1] or "")}
        if len(row) > 2 and row[2] and str(row[2]) not in item["label"]:
            item["detail"] = str(row[2])
        if len(row) > 3 and row[3]:
            item["code"] = str(row[3])
        found.append(item)
    return found


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
