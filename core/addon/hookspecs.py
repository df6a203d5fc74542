"""Every hook of the kernel: the contract between Kontor and its addons.

A hook is a question that the kernel, or an addon, asks of all installed addons. An addon answers in its ``plugin.py``
with a function of the hook's name, marked ``@hookimpl``, that takes those of the hook's arguments that it needs::

    # addons/loyalty/plugin.py
    from core import hookimpl

    @hookimpl
    def orders_confirmed(order):
        order.partner.loyalty_since = order.partner.loyalty_since or order.date

What always holds:

* Answers come in dependency order: ``base`` first, the addon that is built on all others last. ``None`` is no answer
  and is left out. There are no priorities: who must come later depends on the other, or names it under ``with``.
* Arguments are passed by name, all of them. A misspelt hook or argument stops the assembly of the addon set, with the
  file, the line and the nearest name.
* An addon that fails is named in the error. What is meant for the user (``UserError``) passes unchanged.
* A hook never decides what one model does: that is a fragment with ``super()``. Which implementation serves a type is
  an adapter. A hook is for the world around (the chapter "Three ways to extend" in ``docs/`` tells them apart).
* Hooks marked ``@about_itself`` are asked of one addon about itself: only its own plugin answers, and the *stock
  plugin*, which looks into the addon's folder. Most addons therefore never write one of them.

An addon offers hooks of its own in its ``hookspecs.py``, written as these are; their names begin with the addon's
name (``orders_confirmed``), which keeps one flat list of hooks free of clashes. Ask them with the function itself, so
that the type checker sees arguments and answers: ``env.hooks.of(orders_confirmed)(order=order)``.

``KONTOR_TRACE_HOOKS=1`` prints each call with who answered what; ``kontor hooks NAME`` lists who would answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import pluggy

if TYPE_CHECKING:
    from pyramid.config import Configurator
    from zope.interface.registry import Components

    from core.addon.manifest import Manifest

PROJECT = "kontor"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Function = TypeVar("Function", bound=Callable[..., Any])


def about_itself(spec: Function) -> Function:
    """Mark a hook that is asked of one addon about itself; its first argument is ``addon``."""
    spec.__dict__["kontor_about_itself"] = True
    return spec


# -- what an addon consists of; asked while an addon set is assembled, without a database ------------------------------


@hookspec
@about_itself
def kontor_models(addon: Manifest) -> Iterable[type] | None:
    """The model classes of an addon.

    Asked once by the assembler, addon by addon in dependency order, before anything else. The stock plugin imports
    ``models`` (a module, or a package with all its modules) and answers every class defined there; classes that are
    no models are passed over, so helpers may stand beside them. Answer this only for models that stand elsewhere or
    are made by a function::

        @hookimpl
        def kontor_models(addon):
            return [translation_table(language) for language in ("da", "pl")]
    """


@hookspec
@about_itself
def kontor_rules(addon: Manifest) -> Iterable[ModuleType] | None:
    """The modules that declare an addon's groups, rights and rules.

    Asked after all models are assembled. Groups, ``rights(…)`` and ``@rule`` functions are taken from what the module
    recorded while it was imported. The stock plugin answers with ``security.py``. A model for which no module grants
    any right stops the assembly::

        @hookimpl
        def kontor_rules(addon):
            from addons.stock import security_of_lots
            return [security_of_lots]
    """


@hookspec
@about_itself
def kontor_views(addon: Manifest) -> Iterable[Path] | None:
    """The XML files with an addon's views, extensions of views, and menus.

    Asked after the models, when views are compiled. Files are read in the order given; the stock plugin answers with
    ``views/*.xml`` by name. Answer this for views that are kept elsewhere::

        @hookimpl
        def kontor_views(addon):
            return sorted((addon.path / "boards").glob("*.xml"))
    """


@hookspec
@about_itself
def kontor_menus(addon: Manifest) -> Iterable[Path] | None:
    """XML files that hold nothing but ``<menu>`` elements.

    Asked after ``kontor_views`` of all addons, so that a menu may name any view. Menus may stand in the files of
    views as well, which is the usual place; the stock plugin answers with ``menus/*.xml``, if there are any::

        @hookimpl
        def kontor_menus(addon):
            return [addon.path / "menus_of_the_warehouse.xml"]
    """


@hookspec
@about_itself
def kontor_data(addon: Manifest, demo: bool) -> Iterable[Path] | None:
    """The XML files with an addon's records: those it always brings, or with ``demo`` those of the demo database.

    Asked when an addon is installed or upgraded, and when a plan counts what would be loaded. Files are loaded in the
    order given, in the transaction of the installation. The stock plugin answers with ``data`` and ``demo`` of the
    manifest::

        @hookimpl
        def kontor_data(addon, demo):
            return [] if demo else sorted((addon.path / "countries").glob("*.xml"))
    """


@hookspec
@about_itself
def kontor_jobs(addon: Manifest) -> Iterable[ModuleType] | None:
    """The modules that declare an addon's jobs, and when they run by themselves.

    Asked once for an addon set, so that the outbox can find a job by its name. The stock plugin answers with
    ``jobs.py``::

        @hookimpl
        def kontor_jobs(addon):
            from addons.invoicing import dunning
            return [dunning]
    """


# -- what is made for an addon set as a whole --------------------------------------------------------------------------


@hookspec
def kontor_widgets(registry: Components) -> None:
    """Register adapters: widgets for fields, and whatever else the kernel looks up by interface.

    Called once for an addon set, after the kernel's own adapters, on a registry that belongs to this set alone. A later
    registration for the same interfaces replaces an earlier one; a name makes it one that views ask for by
    ``widget="…"``::

        @hookimpl
        def kontor_widgets(registry):
            registry.registerAdapter(StarsWidget, (IIntegerField, IViewKind), IWidget, name="stars")
    """


@hookspec
def kontor_routes(config: Configurator) -> None:
    """Add routes and views of your own to the web application of an addon set.

    Called once for an addon set, before the configurator commits. Generated pages need none of this. A path begins
    with the addon's name; Pyramid reports two addons that claim the same one::

        @hookimpl
        def kontor_routes(config):
            config.add_route("shop_basket", "/shop/basket")
            config.scan("addons.shop.pages")
    """


@hookspec
def kontor_panels() -> Mapping[str, Callable[[Any], Any]] | None:
    """Parts of forms that are no fields, by the name under which a view asks for them (``<panel name="…"/>``).

    Asked once for an addon set. Each is a function of a record that answers its entries (``core.views.panels.Entry``)
    and runs in the reader's session, when somebody looks at the panel; or a ``Panel``, which also says what a reader
    may add::

        @hookimpl
        def kontor_panels():
            return {"visits": entries_of_visits}
    """


@hookspec
def kontor_checks(set: Any) -> Iterable[str] | None:
    """Look at the finished addon set and tell what is wrong with it.

    Asked at the end of an assembly, and by ``kontor doctor``. Each answered text is one fault, written for the
    developer; any fault stops the assembly. For rules that no other check can know::

        @hookimpl
        def kontor_checks(set):
            for info in set.models.values():
                if "barcode" in info.fields and not info.fields["barcode"].searchable:
                    yield f"{info.name}.barcode must be searchable, the scanner looks it up"
    """


# -- life of an addon in a database ------------------------------------------------------------------------------------
# Each runs inside the transaction of ``kontor apply``; an error undoes the whole of it.


@hookspec
@about_itself
def kontor_before_install(env: Any, addon: Manifest) -> None:
    """Called before the tables of a newly installed addon are made.

    ``env`` is elevated and knows the models that were installed before; the addon's own are not there yet. Refuse
    here, with a ``UserError``, what the database is not fit for::

        @hookimpl
        def kontor_before_install(env, addon):
            if env.db.dialect.name != "postgresql":
                raise UserError(_("Routes need PostgreSQL"))
    """


@hookspec
@about_itself
def kontor_after_install(env: Any, addon: Manifest) -> None:
    """Called when a newly installed addon has its tables and data.

    ``env`` is elevated and knows all models of the new set. For what XML cannot say, most often values for records
    that were there before::

        @hookimpl
        def kontor_after_install(env, addon):
            for partner in env.session.scalars(select(Partner)):
                partner.points = 0
    """


@hookspec
@about_itself
def kontor_before_upgrade(env: Any, addon: Manifest, version: str) -> None:
    """Called before the structure of an upgraded addon changes; ``version`` is the one that it comes from.

    ``env`` is elevated, but its models are those of the new code, and the tables still the old ones: ask with SQL.
    What has to move data belongs into ``migrations/<version>/pre_…py``, which runs once and is kept in a journal. This
    hook runs at every upgrade, and suits checks::

        @hookimpl
        def kontor_before_upgrade(env, addon, version):
            if Version(version) < Version("2.0"):
                raise UserError(_("Upgrade to 2.0 first"))
    """


@hookspec
@about_itself
def kontor_after_upgrade(env: Any, addon: Manifest, version: str) -> None:
    """Called when an upgraded addon has its new structure, data and scripts; ``version`` is the one it comes from.

    ::

        @hookimpl
        def kontor_after_upgrade(env, addon, version):
            env.enqueue(rebuild_turnover)
    """


@hookspec
@about_itself
def kontor_before_uninstall(env: Any, addon: Manifest) -> None:
    """Called before an addon is switched off. Its tables and records stay.

    The last moment at which its models can be used, for instance to leave records of others in a state that they
    understand, or to refuse with a ``UserError``::

        @hookimpl
        def kontor_before_uninstall(env, addon):
            if env.session.scalar(select(func.count()).where(Voucher.open)):
                raise UserError(_("There are open vouchers"))
    """


@hookspec
def kontor_applied(env: Any) -> None:
    """Called at the very end of each ``kontor apply``, when all addons that change have their tables and data.

    ``env`` is elevated and knows the new set. For what mirrors the whole set into the database::

        @hookimpl
        def kontor_applied(env):
            mirror_groups(env)
    """


@hookspec
def kontor_demo_logins(env: Any) -> Iterable[tuple[int, str, str]] | None:
    """Who can be played in a demo database: (id of the user, login, who that is).

    Asked by ``kontor demo``, which gives them a password when it makes the database and prints them at each start::

        @hookimpl
        def kontor_demo_logins(env):
            return [(user.id, user.login, user.name) for user in env.session.scalars(select(User))]
    """


# -- while people work -------------------------------------------------------------------------------------------------


@hookspec
def kontor_principals(env: Any) -> Any:
    """Answer with the object (``IPrincipals``) that knows who may log in and what they are.

    Asked when a session begins and no principal is known, with an elevated ``env``. ``base`` answers with its users;
    the last answer, in dependency order, is taken, so an addon may put another directory in front::

        @hookimpl
        def kontor_principals(env):
            return DirectoryPrincipals(env, otherwise=UserPrincipals(env))
    """


@hookspec
def kontor_session_created(env: Any) -> None:
    """Called when an ``Env`` begins: for each request, job and command, after its principal is known.

    It runs very often; do nothing here that reads the database. To keep something beside the session::

        @hookimpl
        def kontor_session_created(env):
            env.session.info["prices"] = PriceMemory()
    """


@hookspec
def kontor_transition(record: Any, name: str, source: str, target: str) -> None:
    """Called after a record has changed its state, by whatever transition, in the same transaction.

    ``name`` is the transition's, ``source`` and ``target`` are states. For what concerns every model alike; to follow
    one model, override its transition and call ``super()``, or answer the hook that its addon offers for the event::

        @hookimpl
        def kontor_transition(record, name, source, target):
            if is_followed(record):
                notify_followers(record, target)
    """


@hookspec
def kontor_render_context(request: Any) -> Mapping[str, Any] | None:
    """Values for the template of every full page.

    Asked once for each page that is rendered as a whole, not for its parts. Keys begin with the addon's name; a later
    answer overrides an earlier one::

        @hookimpl
        def kontor_render_context(request):
            return {"messaging_unread": unread_count(request.env)}
    """
