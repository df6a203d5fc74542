"""The environment of one piece of work: who acts, in which database, language and company, on which addon set.

    with database.env(principal) as env:
        order = env.get(Order, 7)
        order.confirm()

A request, a job and a test each make one. It owns the session; commit and rollback belong to whoever made it. Inside
the ``with`` block fragments stand for the classes of its addon set.
"""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy.orm import aliased

from core import i18n
from core.errors import AccessError, NotActive
from core.i18n import _
from core.orm import locking
from core.orm.expressions import Scope
from core.orm.handles import ACTIVE, Bound, resolve, unbound
from core.orm.security import EVERYONE, Principal
from core.orm.session import KontorSession

if TYPE_CHECKING:
    from core.addon.plugins import Hooks
    from core.orm.assemble import ModelInfo, Models
    from core.orm.fields import Field
    from core.orm.model import Model
    from core.orm.sequence import Sequence
    from core.registry.addonset import AddonSet
    from core.registry.database import Database

M = TypeVar("M")

CURRENT: ContextVar[Env | None] = ContextVar("kontor_env", default=None)


class Env:
    """Made by ``Database.env``; lives as long as one transaction.

    ``now`` is the moment at which it began, aware and in UTC, the same for the whole transaction. ``session`` is an
    SQLAlchemy session bound to ``principal``; ``db`` the database, None in a few tests; ``set`` the addon set.
    """

    def __init__(
        self, addon_set: AddonSet, session: KontorSession, database: Database | None = None, writing: bool = True
    ) -> None:
        self.set = addon_set
        self.session = session
        self.db = database
        self.principal: Principal = session.principal
        self.writing = writing
        self.now: datetime.datetime = datetime.datetime.now(datetime.UTC)
        self._scope: Scope | None = None
        self._kept: dict[str, Any] = {}
        session.info["env"] = self

    # -- who and when -------------------------------------------------------------------------------------------

    @property
    def models(self) -> Models:
        return self.set.models

    @property
    def hooks(self) -> Hooks:
        return self.set.hooks

    @property
    def user_id(self) -> int | None:
        return self.principal.id

    @property
    def company_id(self) -> int | None:
        return self.principal.company

    @property
    def company(self) -> Any:
        """The company in which new records are made, or None."""
        return self._own("company", self.set.company_model, self.principal.company)

    @property
    def user(self) -> Any:
        """The record of the acting user, or None."""
        return self._own("user", self.set.user_model, self.principal.id)

    def _own(self, name: str, model: str | None, key: int | None) -> Any:
        """Read once: the session itself forgets records that nobody holds."""
        if model is None or key is None:
            return None
        found = self._kept.get(name)
        if found is None or found not in self.session:
            found = self._kept[name] = self.get(self.models[model].cls, key)
        return found

    @property
    def language(self) -> str:
        return self.principal.language

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.principal.zone)

    @property
    def today(self) -> datetime.date:
        """The day in the user's zone."""
        return self.now.astimezone(self.zone).date()

    @property
    def scope(self) -> Scope:
        """What ``user``, ``company`` and ``today`` mean in expressions."""
        if self._scope is None:
            self._scope = Scope(user=self.user_id, company=self.company_id, today=self.today, now=self.now)
        return self._scope

    # -- records ------------------------------------------------------------------------------------------------

    def __getitem__(self, model: type[M]) -> type[M]:
        """The mapped class of ``model``, bound here: ``env[Order](partner=…)`` makes a record."""
        info = self.info(model)
        return cast("type[M]", Bound(info.cls, self))

    def info(self, model: type | str) -> ModelInfo:
        """The assembled model behind a fragment or a name."""
        if isinstance(model, str):
            found = self.models.get(model)
            if found is None:
                raise NotActive(f"model '{model}' is not installed here")
            return found
        model = unbound(model)
        if "__info__" in model.__dict__:
            return cast("ModelInfo", model.__dict__["__info__"])
        token = ACTIVE.set(self.models)
        try:
            return resolve(model)
        finally:
            ACTIVE.reset(token)

    def get(self, model: type[M], key: int | None) -> M | None:
        """The record with this id, or None when there is none that the principal may see.

        Raises ``AccessError`` for a model that the principal may not read at all, ``NotActive`` for one not installed.
        """
        if key is None:
            return None
        info = self.info(model)
        if not self.may(info.name, "read"):
            raise AccessError(_("You may not read “{model}”.").format(model=info.plural), (info.name,))
        return cast("M | None", self.session.get(info.cls, key))

    def aliased(self, model: type[M], name: str | None = None) -> type[M]:
        """A second view of the same table, for a join with itself."""
        return cast("type[M]", aliased(self.info(model).cls, name=name))

    def delete(self, record: Any) -> None:
        """Delete ``record`` and the lines that it owns; written, and checked against rights, at the next flush."""
        self.session.delete(record)

    def flush(self) -> None:
        """Compute, check and write what changed so far.

        Raises ``ValidationError`` (all faults together), ``AccessError``, or ``ConflictError`` when somebody else
        changed a record since it was read.
        """
        self.session.flush()

    def finish(self) -> None:
        """The last flush of a transaction: draws the gap-free numbers that were put off until now."""
        from core.orm.sequence import draw_late

        self.flush()
        if self.session.info.get("late_numbers"):
            draw_late(self)
            self.flush()

    def lock(self, records: Model | Iterable[Model]) -> None:
        """Hold the rows of ``records`` until the end of the transaction (see locking.py)."""
        from core.orm.model import Model

        locking.lock(self, (records,) if isinstance(records, Model) else records)

    # -- rights -------------------------------------------------------------------------------------------------

    def has_group(self, name: object) -> bool:
        """Whether the principal is in a group, by name or as ``group`` gave it; elevated ones are in every group."""
        return self.principal.elevated or str(name) in self.principal.groups or str(name) == str(EVERYONE)

    def may(self, model: str, operation: str) -> bool:
        """Whether a group of the principal gives "read", "create", "write" or "delete" on a model; no row is asked."""
        return self.set.security.may(self.principal, model, operation)

    def readable(self, info: ModelInfo, field: Field[Any]) -> bool:
        return self.set.security.may_field(self.principal, field)

    def writable(self, info: ModelInfo, field: Field[Any]) -> bool:
        """Whether the user may type into ``field``: not a question of the record's state."""
        return not field.readonly and field.kind != "state" and self.readable(info, field)

    @property
    def resolver(self) -> Readable:
        """What expressions of this principal may name: fields it may not read do not exist for it."""
        return Readable(self)

    @contextmanager
    def sudo(self) -> Iterator[Env]:
        """Elevated rights for a moment: a second session on the same connection, behind a savepoint.

        It sees what this one has flushed; an error undoes what it did; records of one session must not be put into
        the other. Afterwards this session reads everything anew.
        """
        self.flush()
        inner = KontorSession(
            self.session.kernel_connection(),
            self.principal.as_elevated(),
            self.set.security,
            join_transaction_mode="create_savepoint",
        )
        env = Env(self.set, inner, self.db, self.writing)
        env.now = self.now
        token = CURRENT.set(env)
        try:
            yield env
            inner.commit()
        finally:
            CURRENT.reset(token)
            inner.close()
            self.session.expire_all()

    # -- services -----------------------------------------------------------------------------------------------

    def enqueue(
        self,
        job: Any,
        /,
        *,
        key: str | None = None,
        run_at: datetime.datetime | None = None,
        **arguments: Any,
    ) -> None:
        """Put a job into the outbox; it runs after this transaction has committed, at least once (core/jobs).

        ``arguments`` are JSON: ids, not records. ``key``: a second job with the same one is not added. ``run_at``: an
        aware moment, by default now. Raises ``NotActive`` for a function that is no job of an installed addon.
        """
        from core.jobs.outbox import put

        put(self, job, arguments, key=key, run_at=run_at)

    def sequence(self, code: str, company: int | None = None) -> Sequence:
        """The number series ``code`` of a company, by default the current one."""
        from core.orm.sequence import Sequence

        return Sequence(self, code, company)

    @contextmanager
    def active(self) -> Iterator[Env]:
        """Make this the environment in which fragments, languages and live expressions are read."""
        tokens = (
            (ACTIVE, ACTIVE.set(self.models)),
            (CURRENT, CURRENT.set(self)),
            (i18n.language, i18n.language.set(self.language)),
            (i18n.catalogue, i18n.catalogue.set(self.set.translate)),
        )
        try:
            yield self
        finally:
            for variable, token in reversed(tokens):
                cast("ContextVar[Any]", variable).reset(token)


class Readable:
    """The fields of models as one principal sees them (a ``Resolver`` of the expression language)."""

    def __init__(self, env: Env) -> None:
        self.env = env

    def fields(self, model: str) -> Mapping[str, Field[Any]]:
        info = self.env.models[model]
        if not self.env.may(model, "read"):
            return {}
        return {name: one for name, one in info.fields.items() if self.env.readable(info, one)}


def current() -> Env:
    """The environment of the running request, job or test; NotActive outside of one."""
    env = CURRENT.get()
    if env is None:
        raise NotActive("no environment is active: this only works within a request, a job or `with env.active()`")
    return env


def current_scope() -> Scope:
    """What the names of expressions mean now."""
    return current().scope
