"""Exact decimals, moments and JSON: the same values and the same answers on both databases."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import StatementError

from core.orm.types import ExactDecimal, JsonType, UtcDateTime, average, product, quotient
from core.schema.engines import WRITING, make_engine

metadata = sa.MetaData()
rows = sa.Table(
    "rows",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("price", ExactDecimal(12, 2)),
    sa.Column("fine", ExactDecimal(18, 6)),
    sa.Column("count", sa.Integer),
    sa.Column("at", UtcDateTime()),
    sa.Column("data", JsonType()),
)
price, fine, at, data = rows.c.price, rows.c.fine, rows.c.at, rows.c.data
money = st.decimals(min_value=-(10**8), max_value=10**8, places=2)
fines = st.decimals(min_value=-(10**6), max_value=10**6, places=6)
examples = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
D = Decimal


@pytest.fixture
def db(module_engine: sa.Engine) -> Iterator[sa.Connection]:
    metadata.create_all(module_engine)
    with module_engine.connect() as connection:
        yield connection


@pytest.fixture
def fill(db: sa.Connection) -> Callable[..., None]:
    def write(*values: dict[str, Any]) -> None:
        db.execute(rows.delete())
        db.execute(
            rows.insert(), [{name: one.get(name) for name in ("price", "fine", "count", "at")} for one in values]
        )

    return write


Fill = Callable[..., None]


@examples
@given(values=st.lists(st.tuples(money, fines), min_size=1, max_size=6), bound=money)
def test_sql_agrees_with_python(db: sa.Connection, fill: Fill, values: list[tuple[D, D]], bound: D) -> None:
    fill(*({"price": one, "fine": two} for one, two in values))
    prices = [one for one, _ in values]
    assert sorted(db.scalars(sa.select(price))) == sorted(prices)
    assert list(db.scalars(sa.select(price).order_by(price))) == sorted(prices)
    answer = db.execute(sa.select(sa.func.sum(price), sa.func.min(price), sa.func.max(price))).one()
    assert tuple(answer) == (sum(prices), min(prices), max(prices))
    assert db.scalar(sa.select(sa.func.count()).where(price > bound)) == sum(one > bound for one in prices)
    assert db.scalar(sa.select(sa.func.count()).where(price < fine)) == sum(one < two for one, two in values)
    assert db.scalar(sa.select(sa.func.count()).where(price.in_([bound, prices[0]]))) == sum(
        one in (bound, prices[0]) for one in prices
    )
    between = sa.select(sa.func.count()).where(price.between(min(bound, prices[0]), max(bound, prices[0])))
    assert db.scalar(between) == sum(min(bound, prices[0]) <= one <= max(bound, prices[0]) for one in prices)
    assert sorted(db.scalars(sa.select(price + fine - bound))) == sorted(one + two - bound for one, two in values)
    assert sorted(db.scalars(sa.select(-price))) == sorted(-one for one in prices)
    assert db.scalar(sa.select(sa.func.sum(price - fine))) == sum(one - two for one, two in values)


@examples
@given(one=money, two=fines, digits=st.integers(0, 6))
def test_products_and_quotients_round_half_up(db: sa.Connection, fill: Fill, one: D, two: D, digits: int) -> None:
    two = two / 1000
    two = two.quantize(D("0.000001"))
    fill({"price": one, "fine": two})
    step = D(1).scaleb(-digits)
    assert db.scalar(sa.select(product(price, fine, digits))) == (one * two).quantize(step, ROUND_HALF_UP)
    wanted = None if not two else (one / two).quantize(step, ROUND_HALF_UP) if abs(one / two) < 10**11 else "skip"
    if wanted != "skip":
        assert db.scalar(sa.select(quotient(price, fine, digits))) == wanted


@examples
@given(values=st.lists(money, min_size=1, max_size=7), digits=st.integers(0, 4))
def test_average(db: sa.Connection, fill: Fill, values: list[D], digits: int) -> None:
    fill(*({"price": one} for one in values), {"price": None})
    exact = sum(values, D(0)) / len(values)
    assert db.scalar(sa.select(average(price, digits))) == exact.quantize(D(1).scaleb(-digits), ROUND_HALF_UP)


@pytest.mark.parametrize(("left", "right", "half_up"), [("0.05", "0.5", "0.03"), ("-0.05", "0.5", "-0.03")])
def test_halves_go_away_from_zero(db: sa.Connection, fill: Fill, left: str, right: str, half_up: str) -> None:
    fill({"price": D(left), "fine": D(right), "count": 2})
    assert str(db.scalar(sa.select(product(price, fine, 2)))) == half_up
    assert str(db.scalar(sa.select(quotient(price, rows.c.count, 2)))) == half_up
    assert db.scalar(sa.select(product(price, 3, 2))) == D(left) * 3
    assert db.scalar(sa.select(product(price, D("0.125"), 4))) == (D(left) * D("0.125")).quantize(
        D("0.0001"), ROUND_HALF_UP
    )


def test_nothing_divided_and_nothing_averaged_is_null(db: sa.Connection, fill: Fill) -> None:
    fill({"price": D(1), "fine": D(0)})
    assert db.scalar(sa.select(quotient(price, fine))) is None
    assert db.scalar(sa.select(average(price)).where(price > 5)) is None
    assert db.scalar(sa.select(product(price, sa.null()))) is None


@pytest.mark.parametrize("value", [D("12.50"), D("12.5"), "12.50", D("12.500"), D("1.25E1")])
def test_what_may_be_stored(db: sa.Connection, value: object) -> None:
    db.execute(rows.delete())
    db.execute(rows.insert().values(price=value))
    assert str(db.scalar(sa.select(price))) == "12.50"
    assert db.scalar(sa.select(sa.func.count()).where(price == value)) == 1


@pytest.mark.parametrize(
    "value",
    [1.5, True, D("1.005"), D("1e10"), "x", D("NaN"), D("Infinity"), D("1." + "0" * 150 + "1"), object()],
)
def test_what_may_not_be_stored(db: sa.Connection, value: object) -> None:
    with pytest.raises(StatementError, match=r"exact number|decimals|digits|no number"):
        db.execute(rows.insert().values(price=value))


def test_comparison_with_more_decimals_than_the_column_has(db: sa.Connection, fill: Fill) -> None:
    fill({"price": D("1.00"), "count": 1}, {"price": D("1.01"), "count": 2})
    assert list(db.scalars(sa.select(price).where(price > D("1.005")))) == [D("1.01")]
    assert list(db.scalars(sa.select(price).where(price.in_([D("1.005"), 1])))) == [D("1.00")]
    assert list(db.scalars(sa.select(price).where(price.between(D("1.005"), D("1.015"))))) == [D("1.01")]
    assert list(db.scalars(sa.select(price).where(price == rows.c.count))) == [D("1.00")]
    assert list(db.scalars(sa.select(price).where(price.is_distinct_from(D("1.00"))))) == [D("1.01")]
    assert list(db.scalars(sa.select(D("2.005") - price).order_by(price))) == [D("1.005"), D("0.995")]
    assert list(db.scalars(sa.select(price).where(sa.literal(D("1.005"), ExactDecimal(9, 3)) < price))) == [D("1.01")]


def test_functions_that_keep_the_scale(db: sa.Connection, fill: Fill) -> None:
    fill({"price": D("-1.50"), "fine": D("2.25")}, {"price": None})
    zero = sa.literal(D(0), price.type)
    case = sa.case((price < 0, price), else_=zero)
    assert db.scalars(sa.select(sa.func.coalesce(price, zero)).order_by(rows.c.id)).all() == [D("-1.50"), 0]
    assert db.scalars(sa.select(case).order_by(rows.c.id)).all() == [D("-1.50"), 0]
    assert db.scalar(sa.select(sa.func.abs(price)).where(price < 0)) == D("1.50")
    assert db.scalar(sa.select(sa.func.sum(price)).having(sa.func.sum(price) > -2)) == D("-1.50")
    inner = sa.select(sa.func.max(price)).scalar_subquery()
    assert db.scalar(sa.select(fine).where(fine > inner)) == D("2.25")
    assert db.scalar(sa.select(sa.func.sum(price).over()).where(price.is_not(None))) == D("-1.50")


@pytest.mark.parametrize(
    ("build", "hint"),
    [
        (lambda: price * 2, "product"),
        (lambda: 2 * price, "product"),
        (lambda: price / fine, "quotient"),
        (lambda: 1 / price, "quotient"),
        (lambda: sa.func.avg(price), "average"),
        (lambda: sa.func.round(price, 1), "Python"),
        (lambda: sa.func.coalesce(price, 0), "literal"),
        (lambda: sa.func.coalesce(price, fine), "mixes"),
        (lambda: sa.case((price > 0, price), else_=1), "literal"),
        (lambda: sa.cast(price, sa.Integer), "mixes"),
        (lambda: price > 1.5, "float"),
        (lambda: price + sa.cast("1", sa.Float), "exact decimal"),
        (lambda: product(price, 0.5), "exact number"),
        (lambda: price.like("1%"), "digits"),
    ],
)
def test_what_would_lose_digits_is_refused(db: sa.Connection, build: Callable[[], Any], hint: str) -> None:
    with pytest.raises(TypeError, match=hint):
        db.execute(sa.select(build()))


def test_an_overflow_is_an_error_and_not_a_float(module_engine: sa.Engine, db: sa.Connection, fill: Fill) -> None:
    big = D("9999999999.99")
    fill({"price": big, "fine": D("999999999999")})
    if module_engine.dialect.name == "sqlite":
        with pytest.raises(sa.exc.OperationalError):
            db.scalar(sa.select(product(price, fine, 6)))
    else:
        assert db.scalar(sa.select(product(price, fine, 6))) == big * D("999999999999")


@examples
@given(value=st.datetimes(timezones=st.timezones()))
def test_moments_come_back_in_utc(db: sa.Connection, fill: Fill, value: datetime.datetime) -> None:
    try:
        wanted = value.astimezone(datetime.UTC)
    except OverflowError:
        return
    if not 2 <= wanted.year <= 9998:
        return
    fill({"at": value})
    found = db.scalar(sa.select(at))
    assert found == wanted
    assert found is not None
    assert found.tzinfo is datetime.UTC
    assert db.scalar(sa.select(sa.func.count()).where(at == value, at <= value, at.in_([value]))) == 1


def test_moments_sort_by_time(db: sa.Connection, fill: Fill) -> None:
    berlin = datetime.timezone(datetime.timedelta(hours=2))
    values = [
        datetime.datetime(2026, 1, 1, 12, tzinfo=berlin),
        datetime.datetime(2026, 1, 1, 11, tzinfo=datetime.UTC),
        datetime.datetime(2026, 1, 1, 10, 0, 0, 1, tzinfo=datetime.UTC),
    ]
    fill(*({"at": one} for one in values))
    assert db.scalars(sa.select(at).order_by(at)).all() == sorted(values)
    assert db.scalar(sa.select(sa.func.max(at))) == values[1]


@pytest.mark.parametrize("value", [datetime.datetime(2026, 1, 1), datetime.date(2026, 1, 1), "2026-01-01"])
def test_naive_moments_and_dates_are_refused(db: sa.Connection, value: object) -> None:
    with pytest.raises(StatementError, match="time zone"):
        db.execute(rows.insert().values(at=value))
    with pytest.raises(TypeError, match="Python"):
        at + datetime.timedelta(days=1)


def test_json_keeps_structure_and_none_is_null(db: sa.Connection) -> None:
    db.execute(rows.delete())
    value = {"da": "Ærø", "list": [1, None, {"a": True}], "price": D("1.50")}
    db.execute(rows.insert(), [{"data": value}, {"data": None}])
    assert db.scalar(sa.select(data).where(data.is_not(None))) == {**value, "price": "1.50"}
    assert db.scalar(sa.select(sa.func.count()).where(data.is_(None))) == 1
    assert db.scalar(sa.select(sa.func.count()).where(data["da"].as_string() == "Ærø")) == 1


def test_literals_in_ddl_are_scaled(module_engine: sa.Engine) -> None:
    table = sa.Table(
        "checked",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("price", ExactDecimal(12, 2), sa.CheckConstraint("1 = 1", name="ck_checked_one")),
        sa.Column("at", UtcDateTime()),
    )
    table.append_constraint(sa.CheckConstraint(table.c.price >= D("1.50"), name="ck_checked_price"))
    moment = sa.literal(datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), table.c.at.type)
    table.append_constraint(sa.CheckConstraint(table.c.at >= moment, name="ck_checked_at"))
    sa.Index(
        "ix_checked_price",
        table.c.price,
        unique=True,
        sqlite_where=table.c.price > 2,
        postgresql_where=table.c.price > 2,
    )
    table.create(module_engine)
    with module_engine.begin() as connection:
        connection.execute(table.insert().values(price=D("1.50"), at=moment))
        with pytest.raises(sa.exc.IntegrityError), connection.begin_nested():
            connection.execute(table.insert().values(price=D("1.49")))
    table.drop(module_engine)


def test_sqlite_transactions_are_begun_by_us(tmp_path: Any) -> None:
    first = make_engine(f"sqlite:///{tmp_path}/a.db", connect_args={"timeout": 0.05})
    metadata.create_all(first)
    with first.connect().execution_options(**WRITING) as one, first.connect().execution_options(**WRITING) as two:
        one.execute(sa.select(rows))
        with pytest.raises(sa.exc.OperationalError, match="locked"):
            two.execute(sa.select(rows))
    with first.connect() as one, first.connect().execution_options(**WRITING) as two:
        one.execute(sa.select(rows))
        two.execute(rows.insert().values(count=1))
        two.commit()
        assert one.execute(sa.select(rows)).all() == []
    with first.connect() as one:
        one.execute(sa.text("CREATE TABLE undone (id INTEGER)"))
        one.rollback()
        assert not sa.inspect(one).has_table("undone")
    first.dispose()
