"""The Pyramid application of an addon set, and the WSGI application in front of all of them.

    WSGI request ─► Dispatcher: host -> Database ─► its set's router ─► tweens ─► traversal ─► page

An application belongs to an addon set, not to a database: the database comes with each request in the WSGI environ. So
five hundred customers with the same addons share one application, and routes of an addon that is not installed do not
exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, Template
from pyramid.config import Configurator
from pyramid.router import Router
from zope.interface.registry import Components

from core.i18n import translate
from core.registry.addonset import AddonSet, builder
from core.views import View, ViewSet, environment
from core.views.engine import compiled
from core.web.assets import assets
from core.web.columns import optional_columns
from core.web.dispatch import Dispatcher
from core.web.widgets import Widgets, kernel_components

if TYPE_CHECKING:
    from core.env import Env
    from core.views import Access

TEMPLATES = Path(__file__).parent / "templates"
#: Pyramid's part and Kontor's, each a module with ``includeme``
PARTS = (
    "pyramid_retry",
    "core.web.requests",
    "core.web.resources",
    "core.web.errors",
    "core.web.auth",
    "core.web.statics",
    "core.web.home",
    "core.web.list_page",
    "core.web.form_page",
    "core.web.lookup",
    "core.web.record_pages",
)


@dataclass
class Web:
    """What the web made of an addon set. ``caches``: by name, of whoever keeps something for this set."""

    set: AddonSet
    views: ViewSet
    components: Components
    templates: Environment
    widgets: Widgets
    router: Router = field(init=False)
    caches: dict[str, dict[Any, Any]] = field(default_factory=dict)
    _compiled: dict[int, tuple[View, Template]] = field(default_factory=dict)
    _accesses: dict[Any, tuple[View, Access]] = field(default_factory=dict)

    def template(self, view: View) -> Template:
        """The compiled template of ``view``."""
        found = self._compiled.get(id(view))
        if found is None:
            found = self._compiled[id(view)] = (view, compiled(view.template_source, self.templates))
        return found[1]

    def key(self, view: View, env: Env) -> tuple[Any, ...]:
        """Equal for principals that see the same of ``view``: their groups, and the columns that they chose."""
        chosen = env.session.info.get("columns", {}).get(view.name)
        return id(view), env.principal.groups, env.principal.elevated, chosen

    def access(self, view: View, env: Env) -> Access:
        """What the principal of ``env`` gets to see of ``view``, and of that what it wants to see."""
        return self._access(view, env, self.key(view, env))

    def readable(self, view: View, env: Env) -> Access:
        """What it would see with all optional columns shown."""
        hidden = tuple(path for path, first in optional_columns(view).items() if first == "hide")
        return self._access(view, env, (*self.key(view, env)[:-1], hidden))

    def _access(self, view: View, env: Env, key: tuple[Any, ...]) -> Access:
        found = self._accesses.get(key)
        if found is None:
            models = env.models

            def readable(model: str, name: str) -> bool:
                return bool(env.may(model, "read") and env.readable(models[model], models[model].fields[name]))

            made = view.access(readable, env.has_group)
            wanted = key[-1] or ()
            for path, optional in optional_columns(view).items():
                made.may[path] = made.may[path] and (optional == "show") != (path in wanted)
            found = self._accesses[key] = (view, made)
        return found[1]

    def cache(self, name: str) -> dict[Any, Any]:
        return self.caches.setdefault(name, {})


@builder("web")
def build_web(addon_set: AddonSet) -> Web:
    """The application of ``addon_set``, as ``set.part("web")``."""
    components = Components("kontor", bases=(kernel_components,))
    addon_set.hooks.call("kontor_widgets", registry=components)
    templates = environment()
    templates.loader = FileSystemLoader(TEMPLATES)
    templates.globals.update(t=translate, asset=assets.url)
    web = Web(addon_set, addon_set.part("views"), components, templates, Widgets(components))
    web.router = build_router(addon_set, web)
    return web


def build_router(addon_set: AddonSet, web: Web) -> Router:
    with Configurator(settings={"retry.attempts": 3}) as config:
        config.registry.kontor = web
        for part in PARTS:
            config.include(part)
        addon_set.hooks.call("kontor_routes", config=config)
    return config.make_wsgi_app()


def main(global_config: Mapping[str, str] | None = None, **settings: Any) -> Dispatcher:
    """The WSGI application of ``config/*.ini``."""
    return Dispatcher.from_settings({**(global_config or {}), **settings})
