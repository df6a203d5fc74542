"""Handles: a fragment written in a query means the class of the active addon set.

    select(Order).where(Order.state == "draft")     Order is addons.orders.models.Order, a fragment

Three public protocols carry this: the metaclass's ``__clause_element__``, the descriptor of fields, and SQLAlchemy's
inspection registry (its registering function is the one underscore name used; ``env.get`` and ``env.aliased`` do not
need it, and a contract test watches it). The active set is a ContextVar that a request, a job or a test sets.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspection
from sqlalchemy.orm import Mapper

from core.errors import NotActive
from core.orm.model import ModelMeta

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.orm.assemble import ModelInfo, Models
    from core.orm.fields import Field
    from core.orm.model import Model

ACTIVE: ContextVar[Models | None] = ContextVar("kontor_models", default=None)
_ASSEMBLING: ContextVar[bool] = ContextVar("kontor_assembling", default=False)


@contextmanager
def active(models: Models) -> Iterator[None]:
    """Within the block, fragments stand for the classes of ``models``."""
    token = ACTIVE.set(models)
    try:
        yield
    finally:
        ACTIVE.reset(token)


@contextmanager
def assembling() -> Iterator[None]:
    """Within the block no fragment resolves, or a new set would inherit from the mapped classes of the active one."""
    token = _ASSEMBLING.set(True)
    try:
        yield
    finally:
        _ASSEMBLING.reset(token)


def resolve(cls: type) -> ModelInfo:
    """The assembled model that ``cls``, a fragment or a mapped class, stands for now."""
    info = cls.__dict__.get("__info__")
    if info is not None:
        return info  # type: ignore[no-any-return]
    fragment = cls.__dict__.get("__fragment__")
    if fragment is None or fragment.key is None:
        raise NotActive(f"{cls.__name__} is not a model and cannot be queried")
    models = ACTIVE.get()
    if models is None:
        raise NotActive(f"no addon set is active: {cls.__name__} can only be queried within a request, job or env")
    found = models.get(fragment.key)
    if found is None:
        addon = fragment.key.split(".")[0]
        raise NotActive(f"model '{fragment.key}': addon '{addon}' is not installed here")
    if not issubclass(found.cls, cls):
        raise NotActive(f"the addon of {cls.__module__}.{cls.__qualname__} is not installed here")
    return found


def mapper_of(cls: type) -> Mapper[Any]:
    return resolve(cls).mapper


def resolve_attribute(owner: type | None, field: Field[Any]) -> Any:
    """``Order.state`` on a fragment: the attribute of the active class. While assembling: the field itself."""
    if owner is None or _ASSEMBLING.get():
        return field
    fragment = owner.__dict__.get("__fragment__")
    if "__info__" in owner.__dict__ or fragment is None or fragment.key is None:
        return field
    return getattr(resolve(owner).cls, field.name)


def _inspect_fragment(cls: type[Model]) -> Mapper[Any] | None:
    if _ASSEMBLING.get() or "__info__" in cls.__dict__:
        return None
    fragment = cls.__dict__.get("__fragment__")
    if fragment is None or fragment.key is None:
        return None
    return mapper_of(cls)


inspection._registrars[ModelMeta] = _inspect_fragment


class Bound:
    """``env[Order]``: the mapped class, bound to one environment. Called, it makes a record there.

    It can stand wherever the class can: in select(), in isinstance(), as a source of attributes.
    """

    __slots__ = ("__wrapped__", "_env")

    def __init__(self, cls: type[Model], env: Any) -> None:
        self.__wrapped__ = cls
        self._env = env

    def __call__(self, **values: Any) -> Any:
        make: Any = self.__wrapped__
        return make(self._env, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__wrapped__, name)

    def __clause_element__(self) -> Any:
        mapper: Any = self.__wrapped__.__info__.mapper
        return mapper.__clause_element__()

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, self.__wrapped__)

    def __repr__(self) -> str:
        return f"<bound {self.__wrapped__.__info__.name}>"


inspection._registrars[Bound] = lambda bound: bound.__wrapped__.__info__.mapper


def unbound(cls: Any) -> type:
    """The class behind ``env[Order]``, or the class itself."""
    return cls.__wrapped__ if isinstance(cls, Bound) else cls
