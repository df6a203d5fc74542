"""Views and menus: XML of the addons, checked at assembly, extended by others, compiled once to Jinja2.

    parse ─► extend ─► fits (grammar) ─► describe (check) ─► View ─► compile
    custom: a database's own changes, last      defaults: views for models without one      menus

The web layer draws views; nothing here knows a request.
"""

from __future__ import annotations

from core.registry.addonset import builder
from core.views.custom import Broken, Customisation
from core.views.engine import draw, environment, install
from core.views.format import Formatter, formatter
from core.views.menus import Menu
from core.views.panels import Entry, Panel, panels
from core.views.view import (
    Access,
    BoxNode,
    ButtonNode,
    Condition,
    FieldNode,
    Filter,
    Flag,
    GroupBy,
    LinesNode,
    Slot,
    StatusNode,
    View,
)
from core.views.viewset import ViewSet, build_views
from core.views.widgets import known_panels, known_widgets, panel_source, widget_source

builder("views")(build_views)

__all__ = [
    "Access",
    "BoxNode",
    "Broken",
    "ButtonNode",
    "Condition",
    "Customisation",
    "Entry",
    "FieldNode",
    "Filter",
    "Flag",
    "Formatter",
    "GroupBy",
    "LinesNode",
    "Menu",
    "Panel",
    "Slot",
    "StatusNode",
    "View",
    "ViewSet",
    "build_views",
    "draw",
    "environment",
    "formatter",
    "install",
    "known_panels",
    "known_widgets",
    "panel_source",
    "panels",
    "widget_source",
]
