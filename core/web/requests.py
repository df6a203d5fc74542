"""What every request of the application has, and the tweens around it.

    answer    security headers, request id, language of error pages       (outermost)
    excview   error pages (errors.py)
    work      session ─► principal ─► one transaction ─► commit, or roll back what was refused

A GET, and a draft, work in a transaction that is never committed. A passing conflict of the database (deadlock,
serialisation, busy) is tried again from the start by pyramid_retry.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from email.message import Message
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from pyramid.httpexceptions import HTTPBadRequest, HTTPForbidden, HTTPRequestEntityTooLarge
from pyramid.interfaces import ICSRFStoragePolicy
from pyramid.request import Request
from pyramid.response import Response
from pyramid.tweens import INGRESS
from pyramid_retry import mark_error_retryable
from sqlalchemy import exc
from zope.interface import implementer

from core import i18n
from core.orm.files import MAX_SIZE
from core.registry.database import Database, is_passing
from core.web import visits
from core.web.assets import CONTENT_SECURITY_POLICY
from core.web.visits import NOBODY, Visit

if TYPE_CHECKING:
    from pyramid.config import Configurator
    from pyramid.registry import Registry

log = logging.getLogger(__name__)

Handler = Callable[[Request], Response]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: paths whose views open their own transactions
ON_THEIR_OWN = ("/static/", "/login", "/health")
#: bytes of a body: where nobody has logged in; of a form; of a form with files
SMALL_BODY, FORM_BODY, FILES_BODY = 64 * 1024, 8 * 1024 * 1024, MAX_SIZE + 8 * 1024 * 1024
MAX_FIELDS = 20_000
CSRF_FIELD, CSRF_HEADER = "csrf_token", "X-CSRF-Token"

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class ForeignOrigin(HTTPForbidden):  # type: ignore[misc]
    """A writing request that some other site's page has sent."""


# -- what a request has -------------------------------------------------------------------------------------------


def database(request: Request) -> Database:
    found: Database = request.environ["kontor.database"]
    return found


def visit(request: Request) -> Visit:
    """Who this is; ``NOBODY`` before and without a session."""
    found: Visit = request.environ.get("kontor.visit", NOBODY)
    return found


def request_id(request: Request) -> str:
    """Ties a page, its log lines and a user's question together."""
    found: str = request.environ.setdefault("kontor.request", secrets.token_hex(6))
    return found


def data(request: Request) -> dict[str, list[Any]]:
    """The posted values, read once: name -> values (WebOb's own mapping takes quadratic time for long forms)."""
    found: dict[str, list[Any]] = {}
    if request.content_type == "application/x-www-form-urlencoded":
        text = request.body.decode("utf-8", "replace")
        try:
            pairs: Any = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError:
            raise HTTPRequestEntityTooLarge() from None
    elif request.content_type == "multipart/form-data":
        pairs = request.POST.items()
        if len(request.POST) > MAX_FIELDS:
            raise HTTPRequestEntityTooLarge()
    else:
        pairs = ()
    for name, value in pairs:
        # no database stores NUL in a text
        found.setdefault(name, []).append(value.replace("\0", "") if isinstance(value, str) else value)
    return found


def is_htmx(request: Request) -> bool:
    return bool(request.headers.get("HX-Request") == "true")


def wants_secure(request: Request) -> bool:
    """Cookies only over HTTPS: by setting, or because this request came so."""
    return request.scheme == "https" or bool(request.environ.get("kontor.secure"))


def sender(request: Request) -> str:
    """The address that a request comes from. A header is believed only from a proxy on this machine, and of several
    addresses only the one that this proxy has added: the others are whatever the sender likes to say."""
    address = str(request.remote_addr or "")
    said = request.environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    return said if said and address in ("", "127.0.0.1", "::1") else address


def cookie_name(request: Request) -> str:
    return "__Host-kontor" if wants_secure(request) else "kontor"


# -- tweens -------------------------------------------------------------------------------------------------------


def answer_tween(handler: Handler, registry: Registry) -> Handler:
    del registry

    def tween(request: Request) -> Response:
        token = i18n.language.set(accepted_language(request))
        catalogue = i18n.catalogue.set(database(request).set.translate)
        try:
            response = handler(request)
        except Exception:
            log.exception("request %s failed, and so did its error page", request.request_id)
            response = Response(body=b"That did not work.", status=500, content_type="text/plain", charset="utf-8")
        finally:
            i18n.catalogue.reset(catalogue)
            i18n.language.reset(token)
        headers = response.headers
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "no-store")
        headers["X-Request-Id"] = request.request_id
        if request.scheme == "https":
            headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        return response

    return tween


def accepted_language(request: Request) -> str:
    """The best language of ours for whoever has not logged in."""
    chosen = request.cookies.get("kontor_language")
    if chosen in i18n.LANGUAGES:
        return str(chosen)
    return str(request.accept_language.lookup(list(i18n.LANGUAGES), default=i18n.DEFAULT_LANGUAGE))


def work_tween(handler: Handler, registry: Registry) -> Handler:
    del registry

    def tween(request: Request) -> Response:
        refuse_unreadable(request)
        if request.path_info.startswith(ON_THEIR_OWN):
            return handler(request)
        refuse_foreign_origin(request)
        try:
            response = _work(handler, request)
        except exc.DBAPIError as error:
            if is_passing(error):
                mark_error_retryable(error)
            raise
        _touch(request)
        return response

    return tween


def _work(handler: Handler, request: Request) -> Response:
    """The one transaction of ``request``, as the user of its session; an answer that refuses rolls it back."""
    base = request.database
    token = request.cookies.get(cookie_name(request), "")
    writing = request.method not in SAFE and not request.path_info.endswith("/draft")
    with base.connection(writing) as (connection, begun):
        found = request.environ["kontor.visit"] = visits.read(base, connection, token)
        with base.env(connection, found.principal, writing) as env:
            request.env = env
            env.session.info["columns"] = found.columns
            response = handler(request)
            if not writing or response.status_int >= 400 or "kontor.discard" in request.environ:
                return response
            env.finish()
            begun.commit()
    if base.jobs is not None:
        base.jobs.wake(base)
    return response


def is_too_large(environ: dict[str, Any]) -> bool:
    """Whether a body is larger than anything that a page posts there; told before it is read."""
    size = str(environ.get("CONTENT_LENGTH") or "0")
    if str(environ.get("PATH_INFO", "")).startswith(ON_THEIR_OWN):
        limit = SMALL_BODY
    elif str(environ.get("CONTENT_TYPE", "")).lower().startswith("multipart/form-data"):
        limit = FILES_BODY
    else:
        limit = FORM_BODY
    return not size.isdecimal() or len(size) > 15 or int(size) > limit


def count_parts(request: Request) -> int:
    """How many parts a form with files has, told at the speed of memory: to read them takes far longer."""
    header = Message()
    header["content-type"] = request.headers["Content-Type"]
    boundary = str(header.get_boundary(""))
    if not boundary or not boundary.isascii() or not boundary.isprintable() or len(boundary) > 70:
        raise HTTPBadRequest()
    mark = b"--" + boundary.encode()
    stream, found, rest = request.body_file_seekable, 0, b""
    stream.seek(0)
    while block := stream.read(1 << 20):
        found += (rest + block).count(mark) - rest.count(mark)
        rest = block[-len(mark) + 1 :]
    stream.seek(0)
    return found


def refuse_unreadable(request: Request) -> None:
    """An address that is no text; a form of more parts than can be looked through in a moment."""
    if "%00" in request.query_string:
        raise HTTPBadRequest()
    if request.content_type == "multipart/form-data" and count_parts(request) > MAX_FIELDS:
        raise HTTPRequestEntityTooLarge()
    request.GET  # noqa: B018  raises UnicodeDecodeError, as does the path


def refuse_foreign_origin(request: Request) -> None:
    """A writing request says where it comes from; a page of somebody else is not listened to."""
    if request.method in SAFE:
        return
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    if request.headers.get("Sec-Fetch-Site") not in (None, "same-origin", "none"):
        raise ForeignOrigin()
    if origin is not None and _site(origin) != _site(request.host_url):
        raise ForeignOrigin()


def _site(url: str) -> tuple[str | None, int | None]:
    """Host and port; the scheme may differ where a proxy ends TLS."""
    try:
        parts = urlsplit(url)
        return parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None, None


def _touch(request: Request) -> None:
    """Keep the session alive; best effort, a busy database must not spoil an answer that is ready."""
    found = request.visit
    if not (found.known and found.stale):
        return
    try:
        with request.database.connection() as (connection, begun):
            visits.touch(connection, found.token)
            begun.commit()
    except exc.DBAPIError:
        log.warning("could not write when the session was last used")


# -- cross-site request forgery -----------------------------------------------------------------------------------


@implementer(ICSRFStoragePolicy)
class CsrfOfSession:
    """The token follows from the session's own, so there is nothing to store and nothing to steal without it."""

    def new_csrf_token(self, request: Request) -> str:
        return self.get_csrf_token(request)

    def get_csrf_token(self, request: Request) -> str:
        return str(request.visit.csrf)

    def check_csrf_token(self, request: Request, supplied: str) -> bool:
        expected = self.get_csrf_token(request)
        return bool(expected) and secrets.compare_digest(expected.encode(), str(supplied).encode())


def includeme(config: Configurator) -> None:
    config.add_request_method(database, reify=True)
    config.add_request_method(visit, property=True)
    config.add_request_method(request_id, reify=True)
    config.add_request_method(data, reify=True)
    config.add_request_method(is_htmx, reify=True)
    config.set_csrf_storage_policy(CsrfOfSession())
    config.set_default_csrf_options(
        require_csrf=True, token=CSRF_FIELD, header=CSRF_HEADER, check_origin=False, callback=needs_token
    )
    config.add_tween("core.web.requests.work_tween", under="pyramid.tweens.excview_tween_factory")
    config.add_tween("core.web.requests.answer_tween", under=INGRESS)


def needs_token(request: Request) -> bool:
    """Whoever has no session has nothing that could be misused; the page says 401 instead."""
    return bool(request.visit.known)
