"""New records: defaults, values, and copies. The way in is ``env[Order](partner=…, lines=[…])``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.errors import close_match
from core.orm.computed import names_of
from core.orm.fields import Field

if TYPE_CHECKING:
    from core.env import Env
    from core.orm.assemble import ModelInfo
    from core.orm.model import Model

#: kinds whose value is not one column
_OF_SEVERAL_PARTS = ("reference", "one2many", "many2many")
#: (attribute, constant) and (field, function) pairs of a model
Defaults = tuple[dict[str, Any], list[Field[Any]], frozenset[str]]


def _defaults(info: ModelInfo) -> Defaults:
    plan: Defaults | None = info.cls.__dict__.get("__defaults__")
    if plan is None:
        constants: dict[str, Any] = {"row_version": 1}
        functions: list[Field[Any]] = []
        for field in info.fields.values():
            given = field.given.get("default")
            if field.stored and not field.computed and not field.target and field.kind not in _OF_SEVERAL_PARTS:
                # an attribute that stands there from the start is not taken for changed when it is set to what it is
                constants[f"_{field.name}" if field.translate else field.name] = None
            if not field.has_default or field.computed:
                continue
            if callable(given) or isinstance(given, (list, dict)) or field.target or field.translate:
                functions.append(field)
            else:
                constants[field.name] = field.default_for(None)  # type: ignore[arg-type]
        plan = (constants, functions, names_of(info))
        type.__setattr__(info.cls, "__defaults__", plan)
    return plan


def fill_new(record: Model, env: Env, values: dict[str, Any]) -> None:
    """Give ``record`` its defaults and ``values`` and add it to the session of ``env``.

    Part of an owned record joins the session with its owner, so that a line never stands alone.
    """
    info = record.info
    constants, functions, computed = _defaults(info)
    state = record.__dict__
    state["_env"] = env
    state.update(constants)
    if computed:
        state["_stale"] = set(computed)
    with env.session.no_autoflush:  # a default that queries must not write the half of a record
        for name, value in values.items():
            field = info.fields.get(name)
            if field is None or field.computed or not field.stored:
                raise TypeError(_no_such_value(info, name, field))
            if field.kind == "state":
                state[name] = _initial(field, value, env)
            elif field.target or field.translate or field.kind == "reference":
                setattr(record, name, value)
            else:
                state[name] = field.clean(value)
        for field in functions:
            if field.name not in values:
                setattr(record, field.name, field.default_for(env))
        if info.company == "own" and "company" not in values and info.owner is None and env.company is not None:
            record.company = env.company  # type: ignore[attr-defined]
    if info.owner is None or ((owner := state.get(info.owner)) is not None and owner in env.session):
        env.session.add(record)


def _initial(field: Field[Any], value: Any, env: Env) -> Any:
    if value != field.default_for(env) and not env.principal.elevated:
        raise TypeError(f"'{field.name}' starts as '{field.default_for(env)}'; only transitions change it")
    return value


def _no_such_value(info: ModelInfo, name: str, field: Field[Any] | None) -> str:
    if field is None:
        return f"'{info.name}' has no field '{name}'; {close_match(name, info.fields) or ''}".rstrip("; ")
    return f"'{name}' of '{info.name}' is computed and cannot be given"


def copied_values(record: Model) -> dict[str, Any]:
    """The values of ``record`` that a duplicate takes over; owned lines as duplicates of their own."""
    values: dict[str, Any] = {}
    for field in record.info.fields.values():
        if not field.copied or not field.stored or field.computed:
            continue
        value = getattr(record, field.name)
        if field.owned:
            inverse = str(field.inverse)
            value = [_copy_line(line, inverse) for line in value]
        elif field.kind == "many2many":
            value = list(value)
        elif field.translate:
            value = dict(getattr(record, f"_{field.name}") or {})
        values[field.name] = value
    return values


def _copy_line(line: Model, inverse: str) -> Model:
    values = {name: value for name, value in line.copy_values().items() if name != inverse}
    make: Callable[..., Model] = line.env[type(line)]
    return make(**values)
