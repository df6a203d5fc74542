"""What expressions mean, by example; and the shape of the SQL that they become."""

from __future__ import annotations

import datetime
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, with_loader_criteria

from core.orm.expressions import Expression, parse, to_filter, to_python, to_sql
from tests.orm.expressions.shop import SCOPE, Base, Line, Order, Partner, User, checked

ADA, BO = SimpleNamespace(id=1), SimpleNamespace(id=2)


def order(**values: Any) -> SimpleNamespace:
    empty = dict.fromkeys(
        ["note", "kind", "priority", "rate", "total", "urgent", "due", "sent", "partner", "salesperson"]
    )
    return SimpleNamespace(
        **{"id": 1, "number": "SO-1", "state": "draft", "company": None, "lines": [], **empty, **values}
    )


def line(**values: Any) -> SimpleNamespace:
    return SimpleNamespace(
        **{"name": None, "quantity": None, "price": None, "pieces": None, "done": None, "date": None, "supplier": None}
        | values
    )


def evaluated(text: str, record: Any) -> Any:
    return to_python(checked(text))(record, SCOPE)


@pytest.mark.parametrize(
    ("text", "record", "value"),
    [
        ("state == 'draft'", order(), True),
        ("state != 'draft' and total > 3", order(), False),
        ("total == None", order(), True),
        ("total is None", order(), True),
        ("total is not None", order(total=Decimal(1)), True),
        ("total != 3", order(), True),
        ("total > 3 or total <= 3", order(), False),
        ("not (total > 3)", order(), True),
        ("1 < total <= 3", order(total=Decimal(3)), True),
        ("urgent", order(), False),
        ("urgent == False", order(), False),
        ("kind in ('web', None)", order(), True),
        ("kind not in ('web', 'shop')", order(), True),
        ("number + ' ' + note", order(), "SO-1 "),
        ("number + ' ' + partner.name", order(partner=SimpleNamespace(id=3, name="Ærø")), "SO-1 Ærø"),
        ("partner.name", order(), None),
        ("rate * total", order(rate=Decimal("0.000005"), total=Decimal("0.01")), Decimal("0.00000005")),
        ("rate * rate", order(rate=Decimal("0.000070")), Decimal("0.00000000")),
        ("rate * rate", order(rate=Decimal("-0.0001")), Decimal("0.00000001")),
        ("round(total * 0.01, 2)", order(total=Decimal("-50.50")), Decimal("-0.51")),
        ("total * 0.25 + 1", order(), None),
        ("coalesce(total, 0) + 1", order(), Decimal(1)),
        ("'a' if urgent else 'b'", order(), "b"),
        ("due < today + days(7)", order(due=datetime.date(2026, 3, 7)), True),
        ("due + days(1)", order(due=datetime.date.max), None),
        ("today - due", order(due=datetime.date(2026, 2, 1)), 28),
        ("due == date(2026, 3, 7)", order(due=datetime.date(2026, 3, 7)), True),
        ("sent < now - days(1)", order(sent=SCOPE.now - datetime.timedelta(hours=25)), True),
        ("salesperson == user", order(salesperson=ADA), True),
        ("salesperson == user", order(salesperson=BO), False),
        ("salesperson == user", order(), False),
        ("salesperson != user", order(), True),
        ("salesperson.id == user.id", order(salesperson=ADA), True),
        ("user in partner.members", order(partner=SimpleNamespace(id=1, members=[BO, ADA])), True),
        ("user in partner.members", order(), False),
        ("company.id == 7", order(), True),
        ("record.company == 'x'", order(company="x"), True),
        ("lower(note) == 'ærø łódź бг'", order(note="ÆRØ Łódź БГ"), True),
        ("contains(note, 'b')", order(note="abc"), True),
        ("startswith(note, 'b')", order(note="abc"), False),
        ("not contains(note, 'b')", order(), True),
        ("sum(lines.price)", order(), 0),
        ("sum(lines, quantity * price)", order(lines=[line(quantity=3, price=Decimal("1.5")), line()]), Decimal("4.5")),
        ("count(lines)", order(lines=[line(), line()]), 2),
        ("count(lines, quantity > 1)", order(lines=[line(), line(quantity=Decimal(2))]), 1),
        ("any(lines)", order(), False),
        ("any(lines.done)", order(lines=[line(), line(done=True)]), True),
        ("any(lines, price > record.total)", order(total=Decimal(2), lines=[line(price=Decimal(3))]), True),
        ("max(lines.date) == None", order(lines=[line()]), True),
        ("min(lines, price)", order(lines=[line(price=Decimal(3)), line(), line(price=Decimal(2))]), Decimal(2)),
        ("not any(lines, not done)", order(lines=[line(done=True)]), True),
    ],
)  # fmt: skip
def test_python(text: str, record: Any, value: Any) -> None:
    found = evaluated(text, record)
    assert found == value
    assert type(found) is type(value) or not isinstance(value, bool | None)


def test_nobody_is_not_the_missing_salesperson() -> None:
    nobody = replace(SCOPE, user=None)
    expression = checked("salesperson == user")
    assert to_python(expression)(order(), nobody) is False
    assert "IS NULL" not in sql(to_filter(expression, Order, nobody))
    assert to_python(expression)(order(salesperson=ADA), nobody) is False


def test_a_record_that_is_not_saved_yet_equals_itself_alone() -> None:
    new, other = SimpleNamespace(id=None, parent=None), SimpleNamespace(id=None, parent=None)
    new.parent = new
    expression = checked("partner == partner.parent")
    assert to_python(expression)(order(partner=new), SCOPE) is True
    new.parent = other
    assert to_python(expression)(order(partner=new), SCOPE) is False


# -- paths and tree ------------------------------------------------------------------------------------------------


def test_paths_with_their_models() -> None:
    expression = checked("partner.parent.name != None and any(lines, quantity > record.total and supplier.blocked)")
    assert expression.paths() == (
        "partner.parent.name",
        "lines",
        "lines.quantity",
        "total",
        "lines.supplier.blocked",
    )
    assert expression.used[0].models == ("orders.order", "partners.partner", "partners.partner")
    assert expression.used[4].models == ("orders.order", "orders.line", "partners.partner")
    assert [one.kind for one in expression.used[4].fields] == ["one2many", "many2one", "boolean"]
    assert str(expression.kind) == "a boolean"


def test_paths_before_the_check_come_from_the_text() -> None:
    expression = parse("sum(lines.price) > 3 and any(lines, quantity > record.total) and salesperson == user")
    assert expression.paths() == ("lines.price", "lines", "lines.quantity", "total", "salesperson")


def test_json_for_other_readers() -> None:
    assert parse("state in ('a', None) and not total * 0.25 >= -3").to_json() == [
        "and",
        ["in", ["path", "state"], ["list", ["literal", "a"], ["literal", None]]],
        ["not", [">=", ["*", ["path", "total"], ["decimal", "0.25"]], ["literal", -3]]],
    ]


# -- SQL -----------------------------------------------------------------------------------------------------------


def sql(element: Any) -> str:
    return " ".join(str(element.compile()).split())


@pytest.mark.parametrize(
    ("text", "strict", "loose"),
    [
        ("state == 'draft'", "sale_order.state = :param_1", "sale_order.state = :param_1"),
        (
            "kind == 'web'",
            "sale_order.kind = :param_1 AND sale_order.kind IS NOT NULL",
            "sale_order.kind = :param_1",
        ),
        ("kind != 'web'", "sale_order.kind IS DISTINCT FROM :param_1", "sale_order.kind IS DISTINCT FROM :param_1"),
        ("note == partner.name", None, "sale_order.note IS NOT DISTINCT FROM (SELECT"),
        ("salesperson == user", None, "sale_order.salesperson_id = :param_1"),
        ("state in ('draft', 'done')", "sale_order.state IN (__[POSTCOMPILE_state_1])", None),
        ("total > 3.50", None, "sale_order.total > :param_1"),
        ("partner.id == 3", None, "sale_order.partner_id = :param_1"),
        ("not (kind == 'web')", "(sale_order.kind = :param_1) IS NOT true", None),
        ("urgent", "sale_order.urgent IS true", None),
        ("due < today + days(7)", None, "sale_order.due < :param_1"),
    ],
)
def test_columns_stay_bare_for_their_index(text: str, strict: str | None, loose: str | None) -> None:
    expression = checked(text)
    if strict is not None:
        assert sql(to_sql(expression, Order, SCOPE)) == strict
    if loose is not None:
        assert sql(to_filter(expression, Order, SCOPE)).startswith(loose)


def test_values_are_bound_parameters() -> None:
    text = "number == 'x; DROP TABLE' or contains(note, '%_') or total in (1.5, 2.5) or company.id == 7"
    statement = sql(to_sql(checked(text), Order, SCOPE))
    assert "DROP" not in statement
    assert "%" not in statement.replace("%(", "")
    assert "1.5" not in statement


def test_one_statement_shape_for_every_user() -> None:
    expression = checked("salesperson == user and due < today + days(7)")
    later = replace(SCOPE, user=99, today=datetime.date(2027, 1, 1))
    keys = [
        sa.select(Order.id).where(to_filter(expression, Order, one))._generate_cache_key() for one in (SCOPE, later)
    ]
    assert keys[0] is not None
    assert keys[1] is not None
    assert keys[0].key == keys[1].key


@pytest.fixture(scope="module")
def session(module_engine: sa.Engine) -> Any:
    Base.metadata.create_all(module_engine)
    with Session(module_engine) as session:
        ada, bo = User(id=1, login="ada"), User(id=2, login="bo")
        mother = Partner(id=1, name="Mother", salesperson=ada, members=[ada])
        child = Partner(id=2, name="Child", parent=mother, members=[bo])
        session.add_all([ada, bo, mother, child])
        first = Order(id=1, number="A", state="draft", partner=child, salesperson=ada, total=Decimal("10.00"))
        first.lines = [Line(id=1, quantity=Decimal(2), price=Decimal("1.5")), Line(id=2, price=Decimal(9))]
        second = Order(id=2, number="B", state="done", kind="web", partner=mother, lines=[Line(id=3, done=True)])
        session.add_all([first, second, Order(id=3, number="C", state="draft")])
        session.flush()
        yield session
        session.rollback()


def ids(session: Session, text: str, entity: Any = Order, **more: Any) -> list[int]:
    query = sa.select(entity.id).where(to_filter(checked(text), entity, SCOPE, **more)).order_by(entity.id)
    return list(session.scalars(query))


def test_other_entities_and_order(session: Session) -> None:
    alias = aliased(Order)
    assert ids(session, "partner.parent.name == 'Mother'", alias) == [1]
    assert ids(session, "any(partner.orders, record.number == number)", alias) == [1, 2]
    total = to_sql(checked("sum(lines, coalesce(quantity, 1) * price)"), alias, SCOPE)
    assert list(session.scalars(sa.select(total).select_from(alias).order_by(total.desc(), alias.id))) == [12, 0, 0]


def test_joins_of_the_caller_take_the_place_of_subqueries(session: Session) -> None:
    partner, parent = aliased(Partner), aliased(Partner)
    expression = checked("coalesce(partner.parent.name, partner.name, '-')")
    joins = {("partner",): partner, ("partner", "parent"): parent}
    value = to_sql(expression, Order, SCOPE, joins=joins)
    query = sa.select(value).select_from(Order).outerjoin(Order.partner.of_type(partner))
    query = query.outerjoin(partner.parent.of_type(parent)).order_by(Order.id)
    assert "(SELECT" not in sql(query)
    assert list(session.scalars(query)) == ["Mother", "Mother", "-"]


def test_criteria_of_rights_hold_inside(session: Session) -> None:
    """What with_loader_criteria hides is hidden from hops, aggregates and EXISTS, at every depth."""
    hide = {
        "lines": with_loader_criteria(Line, lambda cls: cls.price < 5, include_aliases=True),
        "mother": with_loader_criteria(Partner, lambda cls: cls.name != "Mother", include_aliases=True),
    }

    def values(text: str, *hidden: str) -> list[Any]:
        query = sa.select(to_sql(checked(text), Order, SCOPE)).select_from(Order).order_by(Order.id)
        return list(session.scalars(query.options(*(hide[one] for one in hidden))))

    assert values("count(lines)") == [2, 1, 0]
    assert values("count(lines)", "lines") == [1, 0, 0]
    assert values("any(lines)", "lines") == [True, False, False]
    assert values("sum(lines.price)", "lines") == [Decimal("1.5"), 0, 0]
    assert values("sum(lines, price * 2)", "lines") == [3, 0, 0]
    assert values("max(partner.orders, sum(lines.price))", "lines") == [Decimal("1.5"), 0, None]
    assert values("partner.parent.name") == ["Mother", None, None]
    assert values("partner.parent.name", "mother") == [None, None, None]
    assert values("partner.name", "mother") == ["Child", None, None]
    assert values("any(lines, order.partner.parent.name == 'Mother')", "mother") == [False, False, False]
    assert values("user in partner.members", "mother") == [False, False, False]


def test_attributes_can_be_overridden(session: Session) -> None:
    def shouted(entity: Any, field: Any) -> Any:
        attribute = getattr(entity, field.name)
        return sa.func.coalesce(attribute, "!") if field.kind == "char" else attribute

    expression: Expression = checked("partner.name + number")
    value = to_sql(expression, Order, SCOPE, attribute=shouted)
    assert list(session.scalars(sa.select(value).order_by(Order.id))) == ["ChildA", "MotherB", "C"]
