"""Error pages that help: what happened, whose turn it is, and a way on. Nothing of the machine is shown.

The page's scripts get the same as a piece for ``#messages``, so that a form never loses what was typed.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken
from pyramid.httpexceptions import HTTPBadRequest, HTTPException, HTTPForbidden, HTTPNotFound
from pyramid.response import Response
from sqlalchemy import exc

from core.errors import AccessError, ConflictError, NotFound, TransitionRefused, UserError, ValidationError
from core.i18n import _, language
from core.web.pages import alert, app_url, html, page, partial, refusals
from core.web.requests import ForeignOrigin

if TYPE_CHECKING:
    from pyramid.config import Configurator
    from pyramid.request import Request

log = logging.getLogger(__name__)

STATUS: tuple[tuple[type[UserError], int], ...] = (
    (NotFound, 404),
    (AccessError, 403),
    (ConflictError, 409),
    (TransitionRefused, 422),
    (ValidationError, 422),
    (UserError, 422),
)

#: what PostgreSQL says to a text that no index can hold, and to values out of range
TOO_MUCH = frozenset({"54000", "22001", "22003", "22008"})


def status_of(error: UserError) -> int:
    return next(status for kind, status in STATUS if isinstance(error, kind))


def message_of(error: UserError) -> Any:
    """The alert that tells of ``error``."""
    more = refusals(error.refusals) if isinstance(error, TransitionRefused) else ""
    return alert(str(error), more=more)


def answer(request: Request, status: int, title: str, text: str, more: Any = "", retry: bool = False) -> Response:
    """An error: a piece for the scripts, a page for everybody else."""
    if request.is_htmx:
        response = html(
            partial("messages", alert(f"{title}: {text}" if text else title, more=more), "innerHTML"), status
        )
    else:
        response = page(request, "error.jinja2", status, title=title, text=text, more=more)
    if retry:
        response.headers["Retry-After"] = "5"
    return response


def _speak(request: Request) -> None:
    """The user's language outside of the transaction; the outermost tween puts it back."""
    if request.visit.known:
        language.set(request.visit.principal.language)


def not_found(error: HTTPNotFound, request: Request) -> Response:
    _speak(request)
    text = _("There is nothing at this address, or nothing that you may see.")
    return answer(request, 404, _("Not found"), text)


def forbidden(error: HTTPForbidden, request: Request) -> Response:
    _speak(request)
    if request.visit.known:
        text = _("Your rights do not cover this. Ask an administrator if you need it for your work.")
        return answer(request, 403, _("Not allowed"), text)
    return ask_to_log_in(request)


def ask_to_log_in(request: Request) -> Response:
    """A page leads to the log-in; whatever posts or scripts ask is told, and keeps what was typed."""
    login = f"{request.script_name}/login"
    if request.method == "GET" and not request.is_htmx and request.accept.accepts_html:
        here = request.path_qs
        response = Response(status=303)
        response.headers["Location"] = login if here in ("/", app_url(request)) else f"{login}?next={quote(here)}"
        response.content_type = "text/plain"
        return response
    if request.is_htmx:
        return html("", 401)
    text = _("Log in in another tab, then go back and send this form again: what you typed is still in it.")
    return page(request, "error.jinja2", 401, title=_("Your session has ended"), text=text, more="")


def bad_token(error: Exception, request: Request) -> Response:
    _speak(request)
    text = _("This page is older than your session. Load it anew and try again; typed input is kept.")
    return answer(request, 403, _("The page is out of date"), text)


def foreign_origin(error: ForeignOrigin, request: Request) -> Response:
    log.warning("request %s: foreign origin %s", request.request_id, request.headers.get("Origin"))
    return answer(request, 403, _("Not allowed"), _("This request comes from a page of another site."))


def bad_request(error: HTTPBadRequest | UnicodeDecodeError, request: Request) -> Response:
    _speak(request)
    return answer(request, 400, _("The request cannot be read"), _("Go back and try again."))


def user_error(error: UserError, request: Request) -> Response:
    _speak(request)
    titles = {403: _("Not allowed"), 404: _("Not found"), 409: _("Changed meanwhile")}
    status = status_of(error)
    more = refusals(error.refusals) if isinstance(error, TransitionRefused) else ""
    return answer(request, status, titles.get(status, _("Not possible")), str(error), more)


def database_error(error: exc.DBAPIError, request: Request) -> Response:
    _speak(request)
    log.error("request %s: %s", request.request_id, error.orig)
    if getattr(error.orig, "sqlstate", None) in TOO_MUCH:
        return answer(request, 422, _("Not possible"), _("A value is longer or larger than the database can hold."))
    if isinstance(error, (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)):
        text = _("The database is busy or away. Nothing was changed. Try again in a moment.")
        return answer(request, 503, _("Please try again"), text, retry=True)
    return any_error(error, request)


def any_error(error: Exception, request: Request) -> Response:
    _speak(request)
    address = request.environ.get("PATH_INFO")
    log.error("request %s failed: %s %r", request.request_id, request.method, address, exc_info=error)
    text = str(_("Something went wrong here. Nothing was changed. If it happens again, tell this number: {number}"))
    return answer(request, 500, _("That did not work"), text.format(number=request.request_id))


def other_http(error: HTTPException, request: Request) -> Response:
    _speak(request)
    if error.status_int < 400:
        return error
    return answer(request, error.status_int, error.title, "")


def includeme(config: Configurator) -> None:
    config.add_notfound_view(not_found)
    config.add_forbidden_view(forbidden)
    for context, view in (
        (Exception, any_error),
        (exc.DBAPIError, database_error),
        (exc.TimeoutError, database_error),
        (UserError, user_error),
        (HTTPException, other_http),
        (HTTPBadRequest, bad_request),
        (UnicodeDecodeError, bad_request),
        (BadCSRFToken, bad_token),
        (BadCSRFOrigin, bad_token),
        (ForeignOrigin, foreign_origin),
    ):
        config.add_exception_view(view, context=context)
