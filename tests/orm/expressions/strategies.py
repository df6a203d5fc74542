"""Random typed expressions over the shop, as text, and random shops."""

from __future__ import annotations

import datetime
import unicodedata
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

ODD = "aAbBzZ æÆøØåÅłŁбБЖж ßẞſİıΣσςǅ%_*?.-é\u0301漢😀"
texts = st.one_of(st.just(""), st.text(ODD, max_size=4), st.text(max_size=4)).filter(lambda text: "\x00" not in text)
texts = texts.filter(lambda text: all(unicodedata.category(one) != "Cs" for one in text))
written_texts = texts.filter(
    lambda text: all(one not in "\\'" and unicodedata.category(one) not in ("Cc", "Cs") for one in text)
).map(lambda text: f"'{text}'")
whole = st.one_of(st.integers(-3, 3), st.integers(-99_999, 99_999))
dates = st.one_of(
    st.dates(datetime.date(2026, 1, 1), datetime.date(2026, 4, 1)),
    st.dates(),
    st.sampled_from([datetime.date.min, datetime.date.max]),
)
moments = st.one_of(
    st.datetimes(datetime.datetime(2026, 2, 27), datetime.datetime(2026, 3, 3), timezones=st.just(datetime.UTC)),
    st.datetimes(timezones=st.just(datetime.UTC)),
)


def decimals(places: int) -> st.SearchStrategy[Decimal]:
    small = st.sampled_from([Decimal(0), Decimal("0.5"), Decimal("-0.5"), Decimal("1.25"), Decimal(2)])
    wide = st.integers(-(10 ** (places + 3)), 10 ** (places + 3)).map(lambda number: Decimal(number).scaleb(-places))
    return st.one_of(small.map(lambda number: number.quantize(Decimal(1).scaleb(-places))), wide)


def perhaps(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values, values)


# -- records -------------------------------------------------------------------------------------------------------

Rows = dict[str, list[dict[str, Any]]]


@st.composite
def shops(draw: st.DrawFn) -> Rows:
    users = [{"id": 1, "login": "ada"}, {"id": 2, "login": "bo"}]
    user = perhaps(st.sampled_from([1, 2]))
    partners: list[dict[str, Any]] = []
    for key in range(1, draw(st.integers(1, 3)) + 1):
        parent = perhaps(st.integers(1, key - 1)) if key > 1 else st.none()
        partners.append(
            {
                "id": key,
                "name": draw(perhaps(texts)),
                "credit": draw(perhaps(decimals(2))),
                "blocked": draw(perhaps(st.booleans())),
                "since": draw(perhaps(dates)),
                "parent_id": draw(parent),
                "salesperson_id": draw(user),
            }
        )
    partner = perhaps(st.integers(1, len(partners)))
    pairs = draw(st.sets(st.tuples(st.integers(1, len(partners)), st.sampled_from([1, 2])), max_size=4))
    orders = [_order(draw, key, partner, user) for key in range(1, draw(st.integers(1, 3)) + 1)]
    lines = [_line(draw, key, len(orders), partner) for key in range(1, draw(st.integers(0, 5)) + 1)]
    return {
        "app_user": users,
        "partner": partners,
        "partner_member": [{"partner_id": one, "user_id": other} for one, other in sorted(pairs)],
        "sale_order": orders,
        "sale_line": lines,
    }


def _order(draw: st.DrawFn, key: int, partner: Any, user: Any) -> dict[str, Any]:
    return {
        "id": key,
        "number": draw(texts),
        "note": draw(perhaps(texts)),
        "state": draw(st.sampled_from(["draft", "confirmed", "done"])),
        "kind": draw(perhaps(st.sampled_from(["web", "shop"]))),
        "priority": draw(perhaps(whole)),
        "rate": draw(perhaps(decimals(6))),
        "total": draw(perhaps(decimals(2))),
        "urgent": draw(perhaps(st.booleans())),
        "due": draw(perhaps(dates)),
        "sent": draw(perhaps(moments)),
        "company": draw(perhaps(texts)),
        "partner_id": draw(partner),
        "salesperson_id": draw(user),
    }


def _line(draw: st.DrawFn, key: int, orders: int, partner: Any) -> dict[str, Any]:
    return {
        "id": key,
        "order_id": draw(st.integers(1, orders)),
        "name": draw(perhaps(texts)),
        "quantity": draw(perhaps(decimals(6))),
        "price": draw(perhaps(decimals(4))),
        "pieces": draw(perhaps(st.integers(-5, 5))),
        "done": draw(perhaps(st.booleans())),
        "date": draw(perhaps(dates)),
        "supplier_id": draw(partner),
    }


# -- expressions ---------------------------------------------------------------------------------------------------

#: names by model and kind; the paths follow links
_NAMES: dict[str, dict[str, list[str]]] = {
    "order": {
        "integer": ["priority", "id", "record.priority", "partner.id", "partner.parent.id"],
        "number": ["rate", "total", "partner.credit", "partner.parent.credit", "record.rate"],
        "text": ["number", "note", "state", "kind", "partner.name", "partner.parent.name", "record.company"],
        "boolean": ["urgent", "partner.blocked", "partner.parent.blocked"],
        "date": ["due", "partner.since", "partner.parent.since"],
        "datetime": ["sent", "now"],
        "user": ["salesperson", "partner.salesperson", "partner.parent.salesperson", "user"],
        "partner": ["partner", "partner.parent", "partner.parent.parent"],
        "users": ["partner.members", "partner.parent.members"],
        "partners": ["partner.children"],
        "lines": ["lines"],
        "orders": ["partner.orders", "partner.parent.orders"],
    },
    "line": {
        "integer": ["pieces", "each.pieces", "record.priority", "order.priority", "supplier.id"],
        "number": ["quantity", "price", "record.total", "order.rate", "supplier.credit"],
        "text": ["name", "order.number", "record.note", "supplier.name", "supplier.parent.name", "order.partner.name"],
        "boolean": ["done", "order.urgent", "record.urgent"],
        "date": ["date", "record.due", "supplier.since"],
        "datetime": ["order.sent", "record.sent"],
        "user": ["supplier.salesperson", "record.salesperson", "order.salesperson", "user"],
        "partner": ["supplier", "supplier.parent", "order.partner", "record.partner"],
        "users": ["supplier.members", "record.partner.members"],
        "partners": ["supplier.children"],
        "lines": ["order.lines", "record.lines"],
        "orders": ["supplier.orders"],
    },
    "partner": {
        "integer": ["id", "record.priority"],
        "number": ["credit", "parent.credit", "record.total"],
        "text": ["name", "parent.name", "record.number"],
        "boolean": ["blocked", "parent.blocked"],
        "date": ["since", "record.due"],
        "datetime": ["record.sent", "now"],
        "user": ["salesperson", "parent.salesperson", "user"],
        "partner": ["parent", "each", "record.partner"],
        "users": ["members", "parent.members"],
        "partners": ["children", "parent.children"],
        "lines": ["record.lines"],
        "orders": ["orders", "parent.orders"],
    },
}
_ITEMS = {"lines": "line", "partners": "partner", "orders": "order"}


class _Writer:
    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def one(self, *choices: str) -> str:
        return self.draw(st.sampled_from(choices))

    def name(self, model: str, kind: str, top: bool = True) -> str:
        return self.one(*_NAMES[model][kind])

    def write(self, kind: str, model: str, depth: int) -> str:
        if depth > 0 and self.draw(st.integers(0, 7)) == 0:
            then, other = self.write(kind, model, depth - 1), self.other(kind, model, depth - 1)
            return f"({then} if {self.boolean(model, depth - 1)} else {other})"
        if depth > 0 and self.draw(st.integers(0, 7)) == 0:
            return f"coalesce({self.write(kind, model, depth - 1)}, {self.write(kind, model, depth - 1)})"
        return str(getattr(self, kind)(model, depth))

    def other(self, kind: str, model: str, depth: int) -> str:
        return "None" if self.draw(st.integers(0, 3)) == 0 else self.write(kind, model, depth)

    def collection(self, model: str) -> tuple[str, str]:
        kind = self.one("lines", "lines", "partners", "orders")
        return self.name(model, kind), _ITEMS[kind]

    def aggregate(self, kind: str, model: str, depth: int, *functions: str) -> str:
        source, item = self.collection(model)
        return f"{self.one(*functions)}({source}, {self.write(kind, item, depth - 1)})"

    def integer(self, model: str, depth: int) -> str:
        way = self.draw(st.integers(0, 7 if depth else 1))
        if way == 0:
            return str(self.draw(whole))
        if way == 2:
            return f"({self.integer(model, depth - 1)} {self.one('+', '-')} {self.integer(model, depth - 1)})"
        if way == 3:
            return f"({self.name(model, 'integer')} * {self.draw(whole)})"
        if way == 4:
            return f"count({self.collection(model)[0]})"
        if way == 5:
            source, item = self.collection(model)
            return f"count({source}, {self.boolean(item, depth - 1)})"
        if way == 6:
            return self.aggregate("integer", model, depth, "sum", "min", "max")
        if way == 7:
            return f"({self.date(model, depth - 1)} - {self.date(model, depth - 1)})"
        return self.name(model, "integer")

    def number(self, model: str, depth: int) -> str:
        way = self.draw(st.integers(0, 8 if depth else 2))
        if way == 0:
            return str(self.draw(st.one_of(decimals(2), decimals(8))).__format__("f"))
        if way == 3:
            return f"({self.number(model, depth - 1)} {self.one('+', '-')} {self.number(model, depth - 1)})"
        if way == 4:
            kinds = ("number", self.one("number", "integer"))
            return "({} * {})".format(*(self.name(model, kind) for kind in kinds))
        if way == 5:
            return self.aggregate("number", model, depth, "sum", "min", "max")
        if way == 6:
            return f"round({self.number(model, depth - 1)}, {self.draw(st.integers(0, 8))})"
        if way == 7:
            return f"-{self.number(model, 0)}"
        if way == 8:
            return self.integer(model, depth - 1)
        return self.name(model, "number")

    def text(self, model: str, depth: int) -> str:
        way = self.draw(st.integers(0, 5 if depth else 1))
        if way == 0:
            return self.draw(written_texts)
        if way == 3:
            return f"lower({self.text(model, depth - 1)})"
        if way == 4:
            return f"({self.text(model, depth - 1)} + {self.text(model, depth - 1)})"
        if way == 5:
            return self.aggregate("free", model, depth, "min", "max")
        # Compared with any text, a selection would be refused; an empty text in front makes a text of it.
        name = self.name(model, "text")
        return f"('' + {name})" if name in ("state", "kind") else name

    free = text

    def date(self, model: str, depth: int) -> str:
        way = self.draw(st.integers(0, 4 if depth else 2))
        if way == 0:
            return "today"
        if way == 1:
            return "date({0.year}, {0.month}, {0.day})".format(self.draw(dates))
        if way == 3:
            return f"({self.name(model, 'date')} {self.one('+', '-')} days({self.moved(model)}))"
        if way == 4:
            return self.aggregate("date", model, depth, "min", "max")
        return self.name(model, "date")

    def moved(self, model: str) -> str:
        return self.one(str(self.draw(st.integers(-400, 400))), self.name(model, "integer"), "99999", "0")

    def datetime(self, model: str, depth: int) -> str:
        way = self.draw(st.integers(0, 3 if depth else 1))
        if way == 2:
            return f"({self.name(model, 'datetime')} {self.one('+', '-')} days({self.moved(model)}))"
        if way == 3:
            return self.aggregate("datetime", model, depth, "min", "max")
        return self.name(model, "datetime")

    def user(self, model: str, depth: int) -> str:
        return self.name(model, "user")

    def partner(self, model: str, depth: int) -> str:
        return self.name(model, "partner")

    def boolean(self, model: str, depth: int) -> str:
        if depth <= 0:
            return self.one("True", "False", *([self.name(model, "boolean")] * 4))
        way = self.draw(st.integers(0, 11))
        if way <= 2:
            return f"({self.boolean(model, depth - 1)} {self.one('and', 'or')} {self.boolean(model, depth - 1)})"
        if way == 3:
            return f"(not {self.boolean(model, depth - 1)})"
        if way <= 6:
            return self.comparison(model, depth - 1)
        if way == 7:
            source, item = self.collection(model)
            return self.one(f"any({source})", f"any({source}, {self.boolean(item, depth - 1)})")
        if way == 8:
            return self.membership(model, depth - 1)
        if way == 9:
            parts = (self.text(model, depth - 1), self.text(model, depth - 1))
            return "{}({}, {})".format(self.one("contains", "startswith"), *parts)
        if way == 10:
            return self.selection(model)
        return self.name(model, "boolean")

    def comparison(self, model: str, depth: int) -> str:
        kind = self.one("integer", "number", "text", "date", "datetime", "user", "partner", "boolean")
        left = self.write(kind, model, depth)
        if self.draw(st.integers(0, 5)) == 0 and left.strip("()") not in ("today", "now", "user"):
            return f"({left} {self.one('==', '!=', 'is', 'is not')} None)"
        signs = ["==", "!="] if kind in ("user", "partner", "boolean") else ["==", "!=", "<", "<=", ">", ">="]
        chain = f" {self.one(*signs)} {self.write(kind, model, depth)}" if self.draw(st.integers(0, 5)) == 0 else ""
        return f"({left} {self.one(*signs)} {self.write(kind, model, depth)}{chain})"

    def membership(self, model: str, depth: int) -> str:
        kind = self.one("integer", "number", "text", "date", "user", "partner", "member", "child")
        sign = self.one("in", "not in")
        if kind == "member":
            return f"({self.name(model, 'user')} {sign} {self.name(model, 'users')})"
        if kind == "child":
            return f"({self.name(model, 'partner')} {sign} {self.name(model, 'partners')})"
        options = [self.write(kind, model, depth) for _ in range(self.draw(st.integers(1, 3)))]
        left = self.write(kind, model, depth)
        if self.draw(st.booleans()) and left.strip("()") not in ("today", "now", "user"):
            options.append("None")
        return f"({left} {sign} ({', '.join(options)},))"

    def selection(self, model: str) -> str:
        state = {"order": "state", "line": "order.state", "partner": "record.state"}[model]
        kind = {"order": "kind", "line": "record.kind", "partner": "record.kind"}[model]
        return self.one(
            f"({state} == 'draft')",
            f"({state} != 'done')",
            f"({state} in ('draft', 'done'))",
            f"({kind} == 'web')",
            f"({kind} != 'web')",
            f"({kind} in ('web', None))",
            f"({kind} not in ('web', 'shop'))",
        )


@st.composite
def conditions(draw: st.DrawFn, depth: int = 3) -> str:
    return _Writer(draw).boolean("order", depth)


@st.composite
def values(draw: st.DrawFn, depth: int = 3) -> str:
    writer = _Writer(draw)
    kind = writer.one("integer", "number", "text", "date", "datetime", "user", "partner", "boolean")
    return writer.write(kind, "order", depth)
