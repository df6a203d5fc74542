"""Logging in and out, and what a user chooses for the session: company, language.

Log-in: rate limit (its own transaction) ─► principal by name and password (argon2, few at a time, no write lock held)
─► a new session, a new cookie. Wrong name and wrong password are told apart by nothing, not even by the time.
"""

from __future__ import annotations

import datetime
import logging
import secrets
import threading
from typing import TYPE_CHECKING, Any

from pyramid.httpexceptions import HTTPForbidden
from pyramid.response import Response

from core.i18n import LANGUAGES, _
from core.orm.folding import fold
from core.orm.security import SYSTEM
from core.web import throttle, visits
from core.web.columns import optional_columns
from core.web.pages import app_url, go, page, safe_next, views_of
from core.web.parsing import whole
from core.web.requests import cookie_name, refuse_foreign_origin, sender, wants_secure
from core.web.resources import Root, Unknown

if TYPE_CHECKING:
    from pyramid.config import Configurator
    from pyramid.request import Request

    from core.orm.security import Principal
    from core.registry.database import Database

log = logging.getLogger(__name__)

WINDOW = datetime.timedelta(minutes=5)
#: who guesses is stopped soon, and does not lock out the owner of the name, who sits elsewhere; many who guess together
#: are stopped by the name alone. Right passwords do not count: a whole office may share an address.
PER_NAME_AND_ADDRESS, PER_NAME, PER_ADDRESS = 8, 40, 40
#: a check of a password takes 64 MB and 0.1 s
_AT_ONCE = threading.BoundedSemaphore(2)
_FORM_COOKIE = "kontor_login"


def login_form(request: Request, login: str = "", error: str = "", status: int = 200) -> Response:
    token = request.cookies.get(_FORM_COOKIE) or secrets.token_urlsafe(16)
    response = page(
        request,
        "login.jinja2",
        status,
        login=login,
        error=error,
        next=safe_next(request, request.params.get("next")),
        token=token,
    )
    response.set_cookie(
        _FORM_COOKIE, token, path="/", httponly=True, samesite="Strict", secure=wants_secure(request), max_age=3600
    )
    return response


def log_in(request: Request) -> Response:
    refuse_foreign_origin(request)
    login, password = _said(request, "login")[:200], _said(request, "password")[:1000]
    cookie, said = request.cookies.get(_FORM_COOKIE, ""), _said(request, "token")
    if not cookie or not secrets.compare_digest(cookie.encode(), said.encode()):
        return login_form(request, login, _("The page was too old. Please try again."), 403)
    if not login.strip() or not password:
        return login_form(request, login, _("Type your user name and your password."), 422)
    here, name = sender(request), fold(login)
    tried = f"login:{name} from {here}"
    buckets = {f"login from {here}": PER_ADDRESS, tried: PER_NAME_AND_ADDRESS, f"login:{name}": PER_NAME}
    wait = throttle.count(request.database, buckets, WINDOW)
    if wait is not None:
        log.warning("too many log-ins: %r from %s", login, here)
        text = str(_("Too many tries. Wait {minutes} minutes.")).format(minutes=int(wait.total_seconds() // 60) + 1)
        response = login_form(request, login, text, 429)
        response.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
        return response
    principal = authenticate(request.database, login, password)
    if principal is None or principal.id is None:
        log.warning("log-in refused: %r from %s", login, here)
        return login_form(request, login, _("User name or password is wrong."), 422)
    response = go(request, safe_next(request, _said(request, "next")))
    with request.database.connection() as (connection, begun):
        old = request.cookies.get(cookie_name(request))
        if old:
            visits.end(connection, old)
        throttle.reset(connection, tried)
        throttle.give_back(connection, f"login from {here}", f"login:{name}")
        token = visits.begin(connection, principal.id)
        begun.commit()
    visits.forget_principals(request.database)
    set_cookie(request, response, token)
    response.delete_cookie(_FORM_COOKIE, path="/")
    return response


def authenticate(database: Database, login: str, password: str) -> Principal | None:
    """The principal with these credentials, or None."""
    with _AT_ONCE, database.transaction(SYSTEM, writing=False) as env:
        found: Principal | None = visits.principals(env).authenticate(login, password)
        return found


def set_cookie(request: Request, response: Response, token: str) -> None:
    secure = wants_secure(request)
    response.set_cookie(cookie_name(request), token, path="/", httponly=True, samesite="Lax", secure=secure)


def log_out(request: Request) -> Response:
    visits.end(request.env.session.kernel_connection(), request.visit.token)
    response = go(request, f"{request.script_name}/login")
    response.delete_cookie(cookie_name(request), path="/")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def choose(request: Request) -> Response:
    """Company or language, from the user menu; columns, from a list or a form."""
    chosen: dict[str, Any] = {}
    company, language = whole(_said(request, "company")), _said(request, "language")
    if company is not None and company in request.env.principal.companies:
        chosen["company"] = company
    if language in LANGUAGES:
        chosen["language"] = language
    if "view" in request.data:
        chosen["columns"] = {**request.visit.data.get("columns", {}), **_columns(request, _said(request, "view"))}
    if not chosen:
        raise HTTPForbidden()
    visits.choose(request.env.session.kernel_connection(), request.visit, **chosen)
    return go(request, safe_next(request, _said(request, "next")))


def _columns(request: Request, name: str) -> dict[str, list[str]]:
    """The columns of a view that shall be shown otherwise than at first."""
    try:
        view = views_of(request).named(name)
    except LookupError:
        raise HTTPForbidden() from None
    wanted = {str(one) for one in request.data.get("column", ())}
    changed = [path for path, first in optional_columns(view).items() if (path in wanted) != (first == "show")]
    return {view.name: changed}


def choose_language(request: Request) -> Response:
    """For whoever has not logged in: kept in a cookie."""
    refuse_foreign_origin(request)
    response = go(request, f"{request.script_name}/login")
    language = _said(request, "language")
    if language in LANGUAGES:
        response.set_cookie("kontor_language", language, path="/", samesite="Lax", httponly=True, max_age=31_536_000)
    return response


def _said(request: Request, name: str) -> str:
    return str((request.data.get(name) or [""])[0])


def start(request: Request) -> Response:
    return go(request, app_url(request))


def nothing_to_see(request: Request) -> Response:
    raise HTTPForbidden()


def health(request: Request) -> Response:
    """For load balancers: the process answers and its database does."""
    with request.database.connection(writing=False) as (connection, _begun):
        connection.exec_driver_sql("SELECT 1")
    return Response(body=b"ok", content_type="text/plain", charset="utf-8")


def includeme(config: Configurator) -> None:
    config.add_route("login", "/login")
    config.add_view(login_form, route_name="login", permission="public", request_method="GET")
    config.add_view(log_in, route_name="login", permission="public", request_method="POST", require_csrf=False)
    config.add_route("login language", "/login/language")
    config.add_view(
        choose_language, route_name="login language", permission="public", request_method="POST", require_csrf=False
    )
    config.add_route("logout", "/logout")
    config.add_view(log_out, route_name="logout", permission="member", request_method="POST")
    config.add_route("choose", "/choose")
    config.add_view(choose, route_name="choose", permission="member", request_method="POST")
    config.add_route("health", "/health")
    config.add_view(health, route_name="health", permission="public", request_method="GET")
    config.add_view(start, context=Root, permission="public", request_method="GET")
    config.add_view(nothing_to_see, context=Unknown, permission="public", require_csrf=False)
