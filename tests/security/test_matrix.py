"""Rows and fields that a principal may not see do not show, whichever way they are asked for.

The world: two companies, an order with a line in each, notes that belong to their writers. Anna is in company 1.
Every line of the matrix runs on both databases; a new channel adds its lines here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import func, select
from sqlalchemy.orm import aliased, immediateload, joinedload, lazyload, selectinload, subqueryload

from core import AccessError, Env, NotFound, UserError
from core.errors import ExpressionError
from core.orm.expressions import parse, to_filter
from core.schema.tables import journal
from tests.sample_addons.trade.models import Company, Line, Note, Order, Partner, Tag
from tests.sample_addons.trade.security import MANAGER, READER, USER


@dataclass
class World:
    """Ids of what exists; ``anna`` is the environment that must not see the other company's."""

    anna: Env
    system: Env
    mine: int
    theirs: int
    my_line: int
    their_line: int
    my_partner: int
    their_partner: int
    my_company: int
    their_company: int


@pytest.fixture
def world(env: Env, as_user: Callable[..., Env]) -> World:
    ids: dict[str, tuple[int, ...]] = {}
    for name, price in (("Nord", 10), ("Syd", 1000)):
        company = env[Company](name=name)
        partner = env[Partner](name=f"Customer of {name}", company=company, limit=Decimal(price))
        order = env[Order](
            company=company,
            partner=partner,
            number=f"{name}-1",
            lines=[env[Line](text=name, price=Decimal(price), cost=Decimal(price) / 2)],
        )
        env.flush()
        ids[name] = (order.id, order.lines[0].id, partner.id, company.id)
    env[Note](text="mine", writer=1)
    env[Note](text="not mine", writer=2)
    anna = as_user(USER, company=env.get(Company, ids["Nord"][3]))
    anna.session.principal = anna.principal = _with_id(anna, 1)
    nord, syd = ids["Nord"], ids["Syd"]
    return World(anna, env, nord[0], syd[0], nord[1], syd[1], nord[2], syd[2], nord[3], syd[3])


def _with_id(env: Env, number: int) -> Any:
    from dataclasses import replace

    return replace(env.principal, id=number)


def ids(env: Env, statement: Any) -> list[Any]:
    return sorted(env.session.scalars(statement).all())


# -- reading ----------------------------------------------------------------------------------------------------


def _alias(model: type) -> Any:
    return aliased(model)


def _alias_joined(world: World, model: type[Any]) -> list[int]:
    """Joined with a condition of one's own, for which SQLAlchemy alone would limit the table and not its alias."""
    other = aliased(model)
    own: Any = world.anna.models["trade.order"].cls
    found = world.anna.session.scalars(select(other.id).select_from(own).join(other, other.id >= 0))
    return sorted(set(found))


READS: dict[str, Callable[[World], Any]] = {
    "entity": lambda w: [one.id for one in w.anna.session.scalars(select(Order))],
    "columns": lambda w: ids(w.anna, select(Order.id)),
    "join": lambda w: ids(w.anna, select(Order.id).join(Order.partner)),
    "join to rows": lambda w: ids(w.anna, select(Order.id).join(Order.lines)),
    "aliased": lambda w: ids(w.anna, select(_alias(Order).id)),
    "env.aliased": lambda w: ids(w.anna, select(w.anna.aliased(Order).id)),
    "alias joined by hand": lambda w: _alias_joined(w, Order),
    "subquery": lambda w: ids(w.anna, select(select(Order.id).subquery().c.id)),
    "cte": lambda w: ids(w.anna, select(select(Order.id).cte().c.id)),
    "union": lambda w: ids(
        w.anna, sa.union(select(Order.id).where(Order.id > 0), select(Order.id).where(Order.id < 0))
    ),
    "scalar subquery": lambda w: [w.anna.session.scalar(select(select(func.max(Order.id)).scalar_subquery()))],
    "in subquery": lambda w: ids(w.anna, select(Order.id).where(Order.id.in_(select(Order.id)))),
    "legacy query": lambda w: [one.id for one in w.anna.session.query(Order).all()],
    "legacy query of columns": lambda w: [one.id for one in w.anna.session.query(Order.id).all()],
    "order by": lambda w: list(w.anna.session.scalars(select(Order.id).order_by(Order.net))),
    "group by": lambda w: [
        w.mine if row == ("Nord-1", 1) else row
        for row in w.anna.session.execute(select(Order.number, func.count()).group_by(Order.number))
    ],
    "label": lambda w: [
        w.mine if name == "Nord-1" else name for name in w.anna.session.scalars(select(Order.display_name))
    ],
    "filter that matches only the hidden row": lambda w: [
        w.mine,
        *ids(w.anna, select(Order.id).where(Order.number == "Syd-1")),
    ],
    "distinct": lambda w: ids(w.anna, select(Order.id).distinct()),
    "lambda statement": lambda w: ids(w.anna, sa.lambda_stmt(lambda: select(Order.id))),
    "bound class": lambda w: ids(w.anna, select(w.anna[Order].id)),
    "stream": lambda w: [one.id for one in w.anna.session.scalars(select(Order).execution_options(yield_per=1))],
}


@pytest.mark.parametrize("channel", READS)
def test_reading_shows_own_rows_only(world: World, channel: str) -> None:
    assert READS[channel](world) == [world.mine]


AGGREGATES: dict[str, Callable[[World], Any]] = {
    "count": lambda w: w.anna.session.scalar(select(func.count(Order.id))),
    "count star": lambda w: w.anna.session.scalar(select(func.count()).select_from(Order)),
    "sum": lambda w: int(w.anna.session.scalar(select(func.sum(Order.net))) or 0) - 9,
    "max": lambda w: int(w.anna.session.scalar(select(func.max(Order.net))) or 0) - 9,
    "sum of lines": lambda w: int(w.anna.session.scalar(select(func.sum(Line.net))) or 0) - 9,
    "count of lines": lambda w: w.anna.session.scalar(select(func.count(Line.id))),
    "window": lambda w: w.anna.session.execute(select(func.count(Order.id).over()).select_from(Order)).first()[0],  # type: ignore[index]
    "live count in sql": lambda w: w.anna.session.scalar(select(func.sum(Order.line_count))),
}


@pytest.mark.parametrize("channel", AGGREGATES)
def test_aggregates_are_over_own_rows_only(world: World, channel: str) -> None:
    assert AGGREGATES[channel](world) == 1


def test_get_hides(world: World) -> None:
    assert world.anna.get(Order, world.mine) is not None
    assert world.anna.get(Order, world.theirs) is None
    assert world.anna.session.get(world.anna.models["trade.order"].cls, world.theirs) is None


def test_get_hides_after_the_elevated_session_saw_it(world: World) -> None:
    with world.anna.sudo() as su:
        assert su.get(Order, world.theirs) is not None
    assert world.anna.get(Order, world.theirs) is None


def test_exists_and_any_see_own_rows_only(world: World) -> None:
    anna = world.anna
    assert anna.session.scalar(select(select(Order.id).where(Order.id == world.theirs).exists())) is False
    with_orders = select(Company.id).where(select(Order.id).where(Order.company_id == Company.id).exists())
    assert ids(anna, with_orders) == [world.my_company]
    assert ids(anna, select(Order.id).where(Order.lines.any(Line.price > 500))) == []
    assert ids(anna, select(Line.id).where(Line.order.has(Order.number == "Syd-1"))) == []


def test_outer_join_keeps_the_parent_and_hides_the_child(world: World) -> None:
    rows = world.anna.session.execute(
        select(Company.id, Order.id).outerjoin(Order, Order.company_id == Company.id).order_by(Company.id)
    ).all()
    assert [tuple(row) for row in rows] == [(world.my_company, world.mine), (world.their_company, None)]


def test_an_alias_joined_by_hand_is_limited_itself(world: World) -> None:
    _cross_link(world)
    other: Any = aliased(Partner)
    order: Any = world.anna.models["trade.order"].cls
    labels = select(order.id, other.name).outerjoin(other, other.id == order.partner_id)
    assert [tuple(row) for row in world.anna.session.execute(labels)] == [(world.mine, None)]
    line: Any = aliased(Line)
    lines = select(line.id).select_from(Line).join(line, line.id >= 0)
    assert ids(world.anna, lines) == [world.my_line]
    note: Any = aliased(Note)
    assert len(ids(world.anna, select(note.id).select_from(Note).join(note, note.id >= 0))) == 1


def test_lines_follow_their_owner(world: World) -> None:
    assert ids(world.anna, select(Line.id)) == [world.my_line]
    assert world.anna.get(Line, world.their_line) is None


def _cross_link(world: World) -> None:
    """An order of company 1 that an elevated import linked to a customer of company 2."""
    cls = world.system.models["trade.order"].cls
    world.system.session.execute(sa.update(cls).where(cls.id == world.mine).values(partner_id=world.their_partner))
    world.system.flush()


@pytest.mark.parametrize("loader", [None, joinedload, selectinload, subqueryload, immediateload, lazyload])
def test_a_hidden_link_reads_as_none_in_every_loader(world: World, loader: Any) -> None:
    _cross_link(world)
    statement = select(Order)
    if loader is not None:
        statement = statement.options(loader(world.anna.models["trade.order"].cls.partner))  # type: ignore[attr-defined]
    order: Any = world.anna.session.scalars(statement).one()
    assert order.partner is None
    assert order.partner_id == world.their_partner
    with pytest.raises(NotFound):
        order.ref("partner")


def test_the_label_of_a_hidden_link_is_not_shown(world: World) -> None:
    _cross_link(world)
    rows = world.anna.session.execute(select(Order.id, Partner.display_name).outerjoin(Order.partner)).all()
    assert [tuple(row) for row in rows] == [(world.mine, None)]


def test_collections_show_visible_members_only(world: World) -> None:
    partner = world.system.get(Partner, world.my_partner)
    other = world.system.get(Partner, world.their_partner)
    assert partner is not None and other is not None
    other.company = None
    world.system.flush()
    other.parent = partner
    world.system.flush()
    other.company = world.system.get(Company, world.their_company)
    cls = world.system.models["trade.partner"].cls
    world.system.session.expunge(other)
    moved = sa.update(cls).where(cls.id == world.their_partner).values(company_id=world.their_company)
    world.system.session.execute(moved)
    for loader in (selectinload, joinedload, subqueryload, lazyload):
        world.anna.session.expunge_all()
        branches = world.anna.models["trade.partner"].cls.branches  # type: ignore[attr-defined]
        mine = world.anna.session.scalars(select(Partner).options(loader(branches))).unique().one()
        assert mine.branches == []


def test_the_collection_of_a_record_made_here_shows_visible_members_only(world: World) -> None:
    anna = world.anna
    made = anna[Partner](name="New", company=anna.get(Company, world.my_company))
    anna.flush()
    other = world.system.get(Partner, world.their_partner)
    assert other is not None
    cls = world.system.models["trade.partner"].cls
    moved = sa.update(cls).where(cls.id == world.their_partner).values(parent_id=made.id)
    world.system.session.execute(moved)
    anna.session.expire_all()
    assert anna.get(Partner, made.id) is made
    assert made.branches == []


def test_refresh_of_a_row_that_moved_out_of_sight_is_no_way_to_new_rows(world: World) -> None:
    order = world.anna.get(Order, world.mine)
    assert order is not None
    world.anna.session.expire_all()
    assert order.number == "Nord-1"
    assert world.anna.get(Order, world.theirs) is None


def test_a_rule_by_function_holds_beside_the_company(world: World) -> None:
    assert list(world.anna.session.scalars(select(Note.text))) == ["mine"]
    assert world.anna.session.scalar(select(func.count(Note.id))) == 1


# -- what needs elevation ---------------------------------------------------------------------------------------


def _table(world: World, model: str) -> sa.Table:
    return world.anna.models[model].table


REFUSED: dict[str, Callable[[World], Any]] = {
    "text": lambda w: w.anna.session.execute(sa.text("SELECT id FROM trade_order")),
    "from text": lambda w: w.anna.session.execute(select(Order).from_statement(sa.text("SELECT * FROM trade_order"))),
    "literal column": lambda w: w.anna.session.execute(
        select(Order.id, sa.literal_column("(SELECT max(id) FROM trade_order)"))
    ),
    "plain table": lambda w: w.anna.session.execute(select(_table(w, "trade.order"))),
    "table by name": lambda w: w.anna.session.execute(select(sa.column("id")).select_from(sa.table("trade_order"))),
    "plain subquery beside nothing": lambda w: w.anna.session.execute(
        select(select(_table(w, "trade.order").c.id).subquery().c.id)
    ),
    "bulk update": lambda w: w.anna.session.execute(sa.update(Order).values(terms="x")),
    "bulk delete": lambda w: w.anna.session.execute(sa.delete(Order)),
    "bulk update of a table": lambda w: w.anna.session.execute(sa.update(_table(w, "trade.order")).values(terms="x")),
    "update by key": lambda w: w.anna.session.execute(
        sa.update(w.anna.models["trade.order"].cls), [{"id": w.theirs, "terms": "x"}]
    ),
    "insert": lambda w: w.anna.session.execute(sa.insert(_table(w, "trade.tag")).values(name={})),
    "insert by class": lambda w: w.anna.session.execute(sa.insert(w.anna.models["trade.note"].cls), [{"text": "x"}]),
    "insert from select": lambda w: w.anna.session.execute(
        sa.insert(_table(w, "trade.note")).from_select(["text"], select(Order.number))
    ),
    "connection": lambda w: w.anna.session.connection(),
    "bulk_update_mappings": lambda w: w.anna.session.bulk_update_mappings(
        w.anna.models["trade.order"].mapper, [{"id": w.theirs, "terms": "x"}]
    ),
    "bulk_save_objects": lambda w: w.anna.session.bulk_save_objects([]),
    "merge": lambda w: w.anna.session.merge(w.anna.get(Order, w.mine)),
}


@pytest.mark.parametrize("way", REFUSED)
def test_ways_around_the_rules_are_refused(world: World, way: str) -> None:
    with pytest.raises(AccessError):
        REFUSED[way](world)


UNAWARE: dict[str, Callable[[], Any]] = {
    "window": lambda: select(func.count(Order.id).over()),
    "case": lambda: select(sa.case((Order.number == "Syd-1", 1), else_=0)),
    "cast": lambda: select(sa.cast(Order.id, sa.Text())),
    "tuple": lambda: select(sa.func.max(sa.func.coalesce(Order.number, "x"))),
    "window in a subquery": lambda: select(select(func.count(Order.id).over().label("n")).subquery().c.n),
    "extract": lambda: select(sa.extract("year", Order.date)),
    "not": lambda: select(sa.not_(Order.open)),
}


@pytest.mark.parametrize("way", UNAWARE)
def test_columns_that_hide_their_model_never_reach_hidden_rows(world: World, way: str) -> None:
    """Behind some expressions SQLAlchemy sees no model: then the statement is limited all the same, or refused."""
    world.system.session.execute(sa.update(world.system.models["trade.order"].cls).values(date=None))
    try:
        rows = world.anna.session.execute(UNAWARE[way]()).all()
    except AccessError:
        return
    assert len(rows) == 1


PLAIN: dict[str, Callable[[World], Any]] = {
    "join": lambda w: select(Partner.id).join(_table(w, "trade.order"), sa.true()),
    "alias": lambda w: select(func.count(Order.id)).join(_table(w, "trade.order").alias(), sa.true()),
    "column of a hidden field": lambda w: select(Line.id, _table(w, "trade.line").c.cost),
    "kernel table": lambda w: select(Order.id).join(journal, sa.true()),
}


@pytest.mark.parametrize("way", PLAIN)
def test_a_plain_table_beside_a_model_is_refused(world: World, way: str) -> None:
    with pytest.raises(AccessError):
        world.anna.session.execute(PLAIN[way](world))


def test_a_plain_column_beside_its_model_is_limited_like_the_model(world: World) -> None:
    rows = world.anna.session.execute(select(Order.id, _table(world, "trade.order").c.number)).all()
    assert [tuple(row) for row in rows] == [(world.mine, "Nord-1")]


# -- fields -----------------------------------------------------------------------------------------------------

HIDDEN_FIELDS: dict[str, Callable[[], Any]] = {
    "select": lambda: select(Line.cost),
    "filter": lambda: select(Line.id).where(Line.cost > 1),
    "sort": lambda: select(Line.id).order_by(Line.cost),
    "group": lambda: select(func.count(Line.id)).group_by(Line.cost),
    "aggregate": lambda: select(func.sum(Line.cost)),
    "having": lambda: select(Line.text).group_by(Line.text).having(func.sum(Line.cost) > 1),
    "exists": lambda: select(Order.id).where(Order.lines.any(Line.cost > 1)),
    "alias": lambda: select(_alias(Line).cost),
    "subquery": lambda: select(select(Line.cost.label("x")).subquery().c.x),
    "expression": lambda: select(Line.price - Line.cost),
    "case": lambda: select(sa.case((Line.cost > 1, 1), else_=0)),
    "computed from it": lambda: select(Order.cost),
    "join condition": lambda: select(Order.id).join(Line, Line.cost > 1),
}


@pytest.mark.parametrize("place", HIDDEN_FIELDS)
def test_a_field_of_another_group_cannot_be_named(world: World, place: str) -> None:
    with pytest.raises(AccessError):
        world.anna.session.execute(HIDDEN_FIELDS[place]())


def test_a_member_of_the_group_reads_the_field(world: World, as_user: Callable[..., Env]) -> None:
    boss = as_user(MANAGER, company=world.system.get(Company, world.my_company))
    assert list(boss.session.scalars(select(Line.cost))) == [Decimal(5)]
    assert boss.session.scalar(select(func.sum(Order.cost))) == Decimal(5)


def test_expressions_know_the_fields_of_the_principal_only(world: World) -> None:
    for text in ("cost > 1", "any(lines, cost > 1)", "sum(lines.cost) > 1", "lines.order.cost > 1"):
        with pytest.raises(ExpressionError):
            parse(text).check(world.anna.resolver, "trade.order", "boolean")
    parse("net > 1").check(world.anna.resolver, "trade.order", "boolean")


EXPRESSIONS = {
    "partner.parent.name == None": True,
    "partner.parent.parent.company == company": False,
    "sum(lines.net) > 500": False,
    "any(lines, order.partner.name == 'Customer of Nord')": True,
    "partner.company.name == 'Nord'": True,
    "partner.company.name == 'Syd'": False,
    "count(partner.branches) == 0": True,
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions_over_several_links_stay_within_the_rules(world: World, text: str) -> None:
    anna = world.anna
    expression = parse(text)
    expression.check(anna.resolver, "trade.order", "boolean", company_model="trade.company")
    condition = to_filter(expression, anna.models["trade.order"].cls, anna.scope)
    assert ids(anna, select(Order.id).where(condition)) == ([world.mine] if EXPRESSIONS[text] else [])


# -- rights of models -------------------------------------------------------------------------------------------


def test_without_a_right_nothing_is_read(world: World, as_user: Callable[..., Env]) -> None:
    nobody = as_user(company=world.system.get(Company, world.my_company))
    for statement in (select(Order), select(Order.id), select(func.count(Order.id)), select(Line), select(Note.text)):
        with pytest.raises(AccessError):
            nobody.session.execute(statement)
    with pytest.raises(AccessError):
        nobody.get(Order, world.mine)
    assert list(nobody.session.scalars(select(Company.name))) == ["Nord", "Syd"]


def test_a_link_to_a_model_without_right_reads_as_none(world: World, as_user: Callable[..., Env]) -> None:
    note = world.system[Note](text="about", writer=1, subject=world.system.get(Order, world.mine))
    world.system.flush()
    assert world.anna.get(Note, note.id).subject.id == world.mine  # type: ignore[union-attr]
    note.subject = world.system.get(Order, world.theirs)
    world.system.flush()
    world.anna.session.expire_all()
    assert world.anna.get(Note, note.id).subject is None  # type: ignore[union-attr]


def test_reader_cannot_write(world: World, as_user: Callable[..., Env]) -> None:
    reader = as_user(READER, company=world.system.get(Company, world.my_company))
    order = reader.get(Order, world.mine)
    assert order is not None
    order.terms = "x"
    with pytest.raises(AccessError):
        reader.flush()


# -- writing ----------------------------------------------------------------------------------------------------


def _fails(world: World, change: Callable[[Env], Any], wanted: type[Exception] = AccessError) -> None:
    with pytest.raises(wanted):
        change(world.anna)
        world.anna.flush()


def test_cannot_create_in_another_company(world: World) -> None:
    def change(anna: Env) -> None:
        anna[Order](
            company=anna.get(Company, world.their_company),
            partner=anna[Partner](name="x"),
            lines=[anna[Line](price=Decimal(1))],
        )

    _fails(world, change)


def test_cannot_move_a_record_to_another_company(world: World) -> None:
    def change(anna: Env) -> None:
        order = anna.get(Order, world.mine)
        assert order is not None
        order.partner = anna[Partner](name="x")
        order.company = anna.get(Company, world.their_company)  # type: ignore[assignment]

    _fails(world, change)


def test_a_link_across_companies_is_refused(world: World) -> None:
    both = world.system
    order = both.get(Order, world.mine)
    assert order is not None
    order.partner = both.get(Partner, world.their_partner)  # type: ignore[assignment]
    with pytest.raises(UserError) as caught:
        both.flush()
    assert "partner" in getattr(caught.value, "fields", {})


def test_cannot_write_for_another_writer(world: World) -> None:
    def change(anna: Env) -> None:
        note = anna.session.scalars(select(Note)).one()
        note.writer = 2

    _fails(world, change)


def test_cannot_create_for_another_writer(world: World) -> None:
    _fails(world, lambda anna: anna[Note](text="x", writer=2))


def test_a_delete_rule_looks_at_the_old_row(world: World) -> None:
    order = world.anna.get(Order, world.mine)
    assert order is not None
    order.confirm()

    def change(anna: Env) -> None:
        anna.delete(order)

    _fails(world, change)
    with world.system.db.transaction() as fresh:  # type: ignore[union-attr]
        assert fresh.get(Order, world.mine) is not None


def test_a_draft_can_be_deleted_with_its_lines(world: World) -> None:
    order = world.anna.get(Order, world.mine)
    assert order is not None
    world.anna.delete(order)
    world.anna.flush()
    assert ids(world.system, select(Line.id)) == [world.their_line]


def test_an_id_cannot_be_assigned(world: World) -> None:
    order = world.anna.get(Order, world.mine)
    assert order is not None
    with pytest.raises(TypeError):
        order.partner_id = world.their_partner


def test_a_record_of_another_session_cannot_be_brought_in(world: World) -> None:
    foreign = world.system.get(Partner, world.their_partner)
    order = world.anna.get(Order, world.mine)
    assert order is not None

    def change(anna: Env) -> None:
        order.partner = foreign  # type: ignore[assignment]

    _fails(world, change, Exception)


# -- elevation --------------------------------------------------------------------------------------------------


def test_elevation_sees_unflushed_work_and_leaves_nothing_behind(world: World) -> None:
    anna = world.anna
    anna[Tag](name="red")
    with anna.sudo() as su:
        assert su.session.scalar(select(func.count(Tag.id))) == 1
        assert su.get(Order, world.theirs) is not None
    assert anna.get(Order, world.theirs) is None
    assert ids(anna, select(Order.id)) == [world.mine]


def test_an_error_in_elevation_undoes_what_it_did(world: World) -> None:
    with pytest.raises(RuntimeError), world.anna.sudo() as su:
        su[Tag](name="red")
        su.flush()
        raise RuntimeError
    assert world.anna.session.scalar(select(func.count(Tag.id))) == 0


def test_an_elevated_bulk_update_bumps_versions_and_is_journalled(world: World) -> None:
    cls: Any = world.anna.models["trade.order"].cls
    with world.anna.sudo() as su:
        before = su.session.scalar(select(cls.row_version).where(cls.id == world.mine))
        su.session.execute(sa.update(cls).where(cls.id == world.mine).values(terms="net 30"))
        assert su.session.scalar(select(cls.row_version).where(cls.id == world.mine)) == (before or 0) + 1
        rows = su.session.kernel_connection().execute(
            select(journal.c.operation, journal.c.record_id).order_by(journal.c.id.desc()).limit(1)
        )
        assert [tuple(row) for row in rows] == [("write", world.mine)]
