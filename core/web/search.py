"""From what a user asks for to conditions: filters of the search view, words, an expression of the user's own.

    filters of one section are alternatives, sections must all hold
    words      each must be found in one of the search's fields; ``number:SO7`` looks in that field alone
    where      an expression; a field that the user may not read does not exist in it

Text is looked for in folded shadows (lower case, no accents), which have an index for beginnings and, where the
database offers it, one for parts of words.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from core.errors import ExpressionError
from core.orm.expressions import Expression, parse, to_filter
from core.orm.folding import after, fold
from core.orm.search import SHORTEST, fts_table, has_trigram_tokenizer
from core.web.parsing import Unreadable, reader

if TYPE_CHECKING:
    from core.env import Env
    from core.orm.assemble import ModelInfo
    from core.orm.fields import Field
    from core.views import Access, FieldNode, Menu, View
    from core.web.liststate import ListState

_TEXTS = frozenset({"char", "text"})
_WORD = re.compile(r'(?:(\w[\w.]*):)?(?:"([^"]*)"|(\S+))')
MAX_WORDS = 8


@dataclass
class Found:
    """``conditions`` to be joined by AND. ``fault``: what is wrong with the user's expression, and where."""

    conditions: list[Any] = field(default_factory=list)
    active: tuple[str, ...] = ()
    fault: str = ""
    fault_at: int = 0


def conditions(env: Env, view: View, access: Access, state: ListState, menu: Menu | None = None) -> Found:
    """What ``state`` asks for, as conditions over the model of the search ``view``."""
    found = Found()
    cls = view.info.cls
    if menu is not None and menu.condition is not None:
        found.conditions.append(to_filter(menu.condition, cls, env.scope))
    found.active = active_filters(view, access, state, menu)
    sections: dict[int, list[Any]] = {}
    for name in found.active:
        one = view.filters[name]
        sections.setdefault(one.section, []).append(to_filter(one.expression, cls, env.scope))
    found.conditions += [sa.or_(*parts) if len(parts) > 1 else parts[0] for parts in sections.values()]
    found.conditions += words(env, view, access, state.q)
    if state.where:
        try:
            found.conditions.append(own_expression(env, view.info, state.where))
        except ExpressionError as error:
            found.fault, found.fault_at = error.message, error.position
            found.conditions.append(sa.false())
    return found


def active_filters(view: View, access: Access, state: ListState, menu: Menu | None) -> tuple[str, ...]:
    """Names of the filters that are on: those of the address, else those of the menu, else the default ones."""
    if state.filters is not None:
        names: Iterable[str] = state.filters
    elif menu is not None and menu.filters:
        names = menu.filters
    else:
        names = [name for name, one in view.filters.items() if one.default]
    return tuple(one for one in dict.fromkeys(names) if one in view.filters and access.shown.get(f"filter[{one}]"))


def own_expression(env: Env, info: ModelInfo, text: str) -> Any:
    """A condition that the user wrote. Raises ExpressionError with a position."""
    expression: Expression = parse(text)
    expression.check(env.resolver, info.name, expect="boolean")
    return to_filter(expression, info.cls, env.scope)


# -- words --------------------------------------------------------------------------------------------------------


def words(env: Env, view: View, access: Access, text: str) -> list[Any]:
    """A condition for each word of ``text``."""
    nodes = [node for path, node in view.fields.items() if access.may.get(path)]
    if not nodes:
        return [_anywhere(env, view.info, word) for _name, word in split(text)]
    by_name = {node.path: node for node in nodes}
    found = []
    for name, word in split(text):
        if name and name not in by_name:
            word, name = f"{name}:{word}", ""
        looked_in = [by_name[name]] if name else nodes
        ways = [way for node in looked_in if (way := _in_node(env, view.info, node, word)) is not None]
        found.append(sa.or_(*ways) if ways else sa.false())
    return found


def split(text: str) -> list[tuple[str, str]]:
    """(field or "", word) pairs; a phrase in quotes is one word."""
    found = [(name or "", phrase or word) for name, phrase, word in _WORD.findall(text)]
    return [one for one in found if one[1].strip()][:MAX_WORDS]


def _anywhere(env: Env, info: ModelInfo, word: str) -> Any:
    return found_in(env, info, readable_names(env, info), "contains", word)


def readable_names(env: Env, info: ModelInfo) -> list[str]:
    """The searchable fields of ``info`` that the principal may read."""
    return [name for name in info.searchable if env.readable(info, info.fields[name])]


def found_in(env: Env, info: ModelInfo, names: Sequence[str], operator: str, word: str) -> Any:
    """Records of which one of the searchable fields ``names`` has ``word``; by an index where there is one."""
    text = fold(word)
    if not names or not text:
        return sa.false()
    columns = [info.folded(name) for name in names]
    if operator == "equals":
        return sa.or_(*(column == text for column in columns))
    if operator == "starts":
        return sa.or_(*(beginning(column, text) for column in columns))
    sqlite = env.session.kernel_connection().dialect.name == "sqlite"
    if sqlite and len(text) >= SHORTEST and has_trigram_tokenizer():
        # only these columns: a hidden one must not tell by a hit what it says
        table = fts_table(info)
        asked = " ".join(f"{name}_folded" for name in names)
        quoted = text.replace('"', '""')
        cls: Any = info.cls
        hits = sa.select(table.c.rowid).where(table.c[table.name].op("MATCH")(f'{{{asked}}} : "{quoted}"'))
        return cls.id.in_(hits)
    return sa.or_(*(column.contains(text, autoescape=True) for column in columns))


def beginning(column: Any, text: str) -> Any:
    """``column`` begins with the folded ``text``: a range, which a plain index serves."""
    end = after(text)
    return sa.and_(column >= text, column < end) if end is not None else column >= text


def _in_node(env: Env, info: ModelInfo, node: FieldNode, word: str) -> Any:
    return _along(env, info, node.path.split("."), node.operator or "contains", word)


def _along(env: Env, info: ModelInfo, names: list[str], operator: str, word: str) -> Any:
    """The condition on ``info``; links are followed as ``link_id IN (SELECT id …)``, which an index can serve."""
    name = names[0]
    one = info.fields[name]
    if len(names) == 1 and one.kind != "many2one":
        return _in_field(env, info, one, operator, word)
    target = env.models[str(one.target)]
    if not env.may(target.name, "read"):
        return None
    inner = _along(env, target, names[1:], operator, word) if len(names) > 1 else _label(env, target, operator, word)
    if inner is None:
        return None
    cls: Any = target.cls
    return info.attr(name).in_(sa.select(cls.id).where(inner))


def _label(env: Env, info: ModelInfo, operator: str, word: str) -> Any:
    """A record whose names have ``word``."""
    names = readable_names(env, info)
    return found_in(env, info, names, operator, word) if names else None


def _plain(column: Any, operator: str, text: str) -> Any:
    if operator == "starts":
        return column.startswith(text, autoescape=True)
    return column == text if operator == "equals" else column.contains(text, autoescape=True)


def _in_field(env: Env, info: ModelInfo, one: Field[Any], operator: str, word: str) -> Any:
    column = info.attr(one.name)
    if one.searchable:
        return found_in(env, info, [one.name], operator, word)
    if one.kind in _TEXTS:
        return _plain(sa.func.lower(column), operator, word.lower())
    if one.kind in ("selection", "state"):
        fits = [value for value, label in one.choices.items() if fold(word) in fold(str(label))]
        return column.in_(fits) if fits else None
    try:
        value = reader(env.language, str(env.zone)).read(one, word)
    except Unreadable:
        return None
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, (int, Decimal, datetime.date)):
        if operator == "from":
            return column >= value
        return column <= value if operator == "until" else column == value
    return None
