"""The start page: what this user can do here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramid.response import Response

from core.i18n import _
from core.web.pages import page
from core.web.resources import Application

if TYPE_CHECKING:
    from pyramid.config import Configurator
    from pyramid.request import Request


def home(request: Request) -> Response:
    return page(request, "home.jinja2", title=_("Start"))


def includeme(config: Configurator) -> None:
    config.add_view(home, context=Application, permission="member", request_method="GET")
