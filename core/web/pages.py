"""Whole pages: the layout around a content, messages that outlive a redirect, answers to the page's scripts."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from markupsafe import Markup, escape
from pyramid.response import Response

from core.i18n import LANGUAGES, translate
from core.web import menus
from core.web.assets import script_texts

if TYPE_CHECKING:
    from pyramid.request import Request

    from core.views import ViewSet
    from core.web.app import Web

#: names of languages in themselves
LANGUAGE_NAMES = {"en": "English", "da": "Dansk", "bg": "Български", "pl": "Polski"}
_FLASH = "kontor_message"


def web_of(request: Request) -> Web:
    found: Web = request.registry.kontor
    return found


def views_of(request: Request) -> ViewSet:
    """The views of the request's database: its set's, with its own customisations if it has any."""
    own: ViewSet | None = request.database.settings.get("views")
    return own or web_of(request).views


def app_url(request: Request) -> str:
    return f"{request.script_name}/app"


def html(text: str, status: int = 200) -> Response:
    """An answer of HTML."""
    response = Response(body=text.encode(), status=status)
    response.content_type = "text/html"
    response.charset = "utf-8"
    return response


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A whole page: ``template`` extends ``layout.jinja2``."""
    shown = context(request)
    shown["menu_items"] = menu_items(request, shown["menus"], values.get("current"))
    response = html(web_of(request).templates.get_template(template).render(shown | values), status)
    if _FLASH in request.cookies:
        response.delete_cookie(_FLASH, path="/")
    return response


def context(request: Request) -> dict[str, Any]:
    """What the layout shows around every page."""
    visit = request.visit
    env = getattr(request, "env", None)
    web = web_of(request)
    app = app_url(request)
    entries: tuple[menus.Entry, ...] = ()
    if visit.known and env is not None:
        entries = menus.menus_of(env, views_of(request), web.cache("menus"), app)
    values: dict[str, Any] = {
        "request": request,
        "visit": visit,
        "principal": visit.principal,
        "app": app,
        "root": request.script_name,
        "menus": entries,
        "current": None,
        "csrf": visit.csrf,
        "language": env.language if env is not None else current_language(),
        "languages": [(code, LANGUAGE_NAMES.get(code, code)) for code in LANGUAGES],
        "texts": script_words(web),
        "messages": read_messages(request),
        "database": request.database.name,
    }
    if env is not None and getattr(request, "exception", None) is None:  # an error page has no transaction any more
        for extra in web.set.hooks.call("kontor_render_context", request=request):
            values.update(extra)
    return values


def menu_items(request: Request, entries: tuple[menus.Entry, ...], current: str | None) -> Markup:
    """The entries of the top bar, drawn once for each combination of groups, language and current entry."""
    web = web_of(request)
    cache = web.cache("menu bars")
    key = (id(entries), current)
    found = cache.get(key)
    if found is None:
        template = web.templates.get_template("menu.jinja2")
        drawn = Markup(template.render(menus=entries, current=current))  # noqa: S704 - drawn by an escaping template
        found = cache[key] = (entries, drawn)
    return cast(Markup, found[1])


def script_words(web: Web) -> Markup:
    """What the scripts say in the reader's language, as JSON."""
    cache = web.cache("texts")
    language = current_language()
    if language not in cache:
        text = json.dumps(script_texts(), ensure_ascii=False).replace("<", "\\u003c")
        cache[language] = Markup(text)  # noqa: S704 - a "<" cannot stand in it
    return cast(Markup, cache[language])


def current_language() -> str:
    from core import i18n

    return i18n.language.get()


# -- messages -----------------------------------------------------------------------------------------------------


def say(response: Response, request: Request, text: str, kind: str = "success") -> Response:
    """Show ``text`` on the next page that this browser opens."""
    packed = base64.urlsafe_b64encode(json.dumps([kind, str(text)[:500]]).encode()).decode()
    secure = request.scheme == "https"
    response.set_cookie(_FLASH, packed, max_age=60, path="/", httponly=True, samesite="Lax", secure=secure)
    return response


def read_messages(request: Request) -> list[tuple[str, str]]:
    packed = request.cookies.get(_FLASH)
    if not packed:
        return []
    try:
        kind, text = json.loads(base64.urlsafe_b64decode(packed))
    except (ValueError, TypeError, RecursionError):
        return []
    return [(kind if kind in ("success", "info", "warning", "danger") else "info", str(text))]


# -- answers to scripts -------------------------------------------------------------------------------------------


def partial(target: str, content: str, swap: str = "outerHTML") -> str:
    """A piece of the page for htmx: replaces the element with the id ``target``."""
    return f'<hx-partial hx-target="#{target}" hx-swap="{swap}">{content}</hx-partial>'


def alert(text: str, kind: str = "danger", more: str = "") -> Markup:
    """A message for the page's ``#messages``. ``more`` is HTML."""
    role = "alert" if kind in ("danger", "warning") else "status"
    return Markup('<div class="alert alert-{} mb-2" role="{}">{}{}</div>').format(kind, role, str(text), Markup(more))  # noqa: S704


def refusals(items: Iterable[Any]) -> Markup:
    """The reasons of guards, each with what to do about it."""
    parts = [
        Markup("<li>{}{}</li>").format(
            str(one.text), Markup(" <strong>{}</strong>").format(str(one.fix)) if one.fix else ""
        )
        for one in items
    ]
    return Markup('<ul class="mb-0">{}</ul>').format(Markup("").join(parts)) if parts else Markup("")


def go(request: Request, url: str) -> Response:
    """Open ``url`` next: by a header for the page's scripts, by a redirect otherwise."""
    if request.is_htmx:
        response = html("")
        response.headers["HX-Redirect"] = url
        return response
    response = Response(status=303)
    response.headers["Location"] = url
    response.content_type = "text/plain"
    return response


def safe_next(request: Request, url: str | None) -> str:
    """``url`` if it is an address of ours without a host, else the start page: never a way out to somebody else's."""
    home = app_url(request)
    if not url or not url.startswith("/") or url.startswith(("//", "/\\")):
        return home
    if any(ord(one) < 33 or one == "\\" for one in url):
        return home
    path = url.split("?")[0]
    if ".." in path.split("/"):
        return home
    return url if path == home or path.startswith(home + "/") else home


def tr(text: str) -> str:
    return translate(text)


__all__ = ["alert", "app_url", "context", "escape", "go", "html", "page", "partial", "refusals", "safe_next", "say"]
