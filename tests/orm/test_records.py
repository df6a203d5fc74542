"""What records do: defaults, computed values, checks, states, versions, the journal; on both databases."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from core import ConflictError, Env, TransitionRefused, UserError, ValidationError
from core.i18n import language
from core.orm.locking import expect
from core.schema.tables import journal
from core.testing.kit import DoomedDatabase, counting
from tests.sample_addons.trade.models import Company, Line, Note, Order, Partner, Tag
from tests.sample_addons.trade.security import USER

ADDONS = ("gift", "freight")


@pytest.fixture
def company(env: Env) -> Company:
    return env[Company](name="Nord")


@pytest.fixture
def order(env: Env, company: Company) -> Order:
    partner = env[Partner](name="Ærø Værft", company=company)
    lines = [env[Line](text="valve", quantity=2, price=Decimal("10.50")), env[Line](text="seal", price=Decimal(3))]
    made = env[Order](company=company, partner=partner, lines=lines)
    env.flush()
    return made


def faults(env: Env) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        env.flush()
    return caught.value.fields


# -- values -----------------------------------------------------------------------------------------------------


def test_defaults_and_wrong_names(env: Env, company: Company) -> None:
    partner = env[Partner](name="X")
    assert (partner.kind, partner.active, partner.row_version, partner.is_new) == ("company", True, 1, True)
    with pytest.raises(TypeError, match="did you mean 'name'"):
        env[Partner](nmae="X")
    with pytest.raises(TypeError, match="computed"):
        env[Order](net=Decimal(1))


def test_every_kind_of_field_comes_back_as_it_was(env: Env, company: Company) -> None:
    assert env.db is not None
    paper = env.db.files.put(io.BytesIO(b"%PDF-1.7 contract"), "../../etc/Contract: 1.pdf")
    moment = datetime.datetime(2026, 11, 21, 17, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    made = env[Partner](
        name="  Łódź  ",
        limit=Decimal("1234.5678"),
        born=datetime.date(1999, 2, 28),
        seen=moment,
        extra={"a": [1, "æ"]},
        about="<b>ok</b><script>alert(1)</script>",
        paper=paper,
        tags=[env[Tag](name="red"), env[Tag](name="blue")],
    )
    env.flush()
    env.session.expire_all()
    assert made.name == "Łódź"
    assert made.limit == Decimal("1234.5678")
    assert made.born == datetime.date(1999, 2, 28)
    assert made.seen == moment and made.seen.utcoffset() == datetime.timedelta()
    assert made.extra == {"a": [1, "æ"]}
    assert made.about == "<b>ok</b>"
    assert made.paper == paper and paper.type == "application/pdf" and "/" not in paper.name
    assert env.db.files.open(paper.sha256).read() == b"%PDF-1.7 contract"
    assert [tag.name for tag in made.tags] == ["red", "blue"]


def test_translated_text(env: Env) -> None:
    tag = env[Tag](name={"en": "Valve", "da": "Ventil"})
    env.flush()
    found = select(Tag.name).where(Tag.id == tag.id)
    assert (tag.name, env.session.scalar(found)) == ("Valve", "Valve")
    for lang, text in (("da", "Ventil"), ("pl", "Valve")):
        token = language.set(lang)
        assert tag.name == text
        assert env.session.scalar(select(Tag.name).where(Tag.id == tag.id)) == text
        language.reset(token)
    tag.name = "Gate valve"
    env.flush()
    env.session.expire_all()
    assert tag._name == {"en": "Gate valve", "da": "Ventil"}  # type: ignore[attr-defined]
    info = env.info(Tag)
    assert env.session.scalar(select(info.folded("name"))) == "gate valve | ventil"


def test_references_lead_to_any_model(env: Env, order: Order) -> None:
    note = env[Note](text="about", subject=order)
    env.flush()
    env.session.expire_all()
    assert note.subject is order
    note.subject = None
    env.flush()
    assert note.subject_id is None  # type: ignore[attr-defined]


def test_labels_in_python_and_sql(env: Env, order: Order) -> None:
    order.number = "N-1"
    env.flush()
    assert str(order) == order.display_name == "N-1"
    assert env.session.scalar(select(Order.display_name).where(Order.id == order.id)) == "N-1"


def test_a_duplicate_has_its_own_lines_and_starts_anew(env: Env, order: Order) -> None:
    order.number = "N-1"
    order.confirm()
    copy = order.duplicate(number="N-2")
    env.flush()
    assert (copy.state, copy.net, len(copy.lines)) == ("draft", Decimal(24), 2)
    assert {line.id for line in copy.lines}.isdisjoint(line.id for line in order.lines)


# -- computed ---------------------------------------------------------------------------------------------------


def test_totals_follow_their_lines_at_once_and_in_the_database(env: Env, order: Order) -> None:
    assert order.net == Decimal(24)
    order.lines[0].quantity = Decimal(4)
    assert order.net == Decimal(45)
    order.lines.append(env[Line](price=Decimal(5)))
    assert order.net == Decimal(50)
    del order.lines[1]
    assert order.net == Decimal(47)
    env.flush()
    assert env.session.scalar(select(Order.net)) == Decimal(47)
    env.delete(order.lines[0])
    assert order.net == Decimal(5)
    env.flush()
    env.session.expire_all()
    assert order.net == Decimal(5)


def test_a_line_edited_alone_reaches_its_owner(env: Env, order: Order) -> None:
    key = order.lines[0].id
    env.session.expunge_all()
    line = env.get(Line, key)
    assert line is not None
    line.price = Decimal(100)
    env.flush()
    assert env.session.scalar(select(Order.net)) == Decimal(203)


def test_a_line_that_moves_changes_both_owners(env: Env, order: Order) -> None:
    other = env[Order](company=order.company, partner=order.partner, lines=[env[Line](price=Decimal(1))])
    env.flush()
    other.lines.append(order.lines[1])
    env.flush()
    totals = select(Order.net).order_by(Order.id)
    assert list(env.session.scalars(totals)) == [Decimal(21), Decimal(4)]


def test_a_thousand_lines_are_computed_once_each(env: Env, company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    cls: Any = env.info(Line).cls
    original = cls._compute_net

    def counted(self: Any) -> Any:
        calls.append("line")
        return original(self)

    monkeypatch.setattr(cls, "_compute_net", counted)
    lines = [env[Line](price=Decimal(number)) for number in range(1000)]
    order = env[Order](company=company, partner=env[Partner](name="X"), lines=lines)
    env.flush()
    assert order.net == Decimal(499_500)
    assert len(calls) == 1000


def test_live_values_mean_the_same_in_python_and_sql(env: Env, order: Order) -> None:
    assert (order.open, order.line_count) == (True, 2)
    assert list(env.session.scalars(select(Order.id).where(Order.open))) == [order.id]
    assert env.session.scalar(select(Order.line_count)) == 2


# -- checks -----------------------------------------------------------------------------------------------------


def test_all_faults_are_told_at_once_by_their_path(env: Env, company: Company) -> None:
    env[Order](company=company, terms="x" * 30, lines=[env[Line](), env[Line](quantity=Decimal(-1), price=None)])
    found = faults(env)
    assert set(found) == {"partner", "terms", "lines.1.quantity", "lines.1.price"}
    assert found["lines.1.quantity"] == ["must be positive"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "alien"),
        ("born", datetime.datetime(2026, 1, 1)),
        ("seen", datetime.datetime(2026, 1, 1)),
        ("limit", Decimal("0.00001")),
        ("limit", Decimal("1e15")),
        ("limit", Decimal("NaN")),
        ("name", "two\nlines"),
        ("name", "x" * 81),
        ("name", "   "),
        ("paper", "file"),
        ("active", "yes"),
    ],
)
def test_a_wrong_value_is_refused_under_its_field(env: Env, name: str, value: Any) -> None:
    env[Partner](**{"name": "X", name: value})
    assert list(faults(env)) == [name]


def test_a_unique_number_is_refused_in_words(env: Env, order: Order) -> None:
    order.number = "N-1"
    env.flush()
    order.duplicate(number="N-1")
    assert faults(env) == {"number": ["already exists"]}


def test_the_database_holds_checks_too(env: Env, order: Order) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        env.session.connection().execute(sa.update(env.info(Line).table).values(quantity=0))


def test_a_used_record_cannot_be_deleted(env: Env, order: Order) -> None:
    env.delete(order.partner)
    with pytest.raises(UserError, match="still used"):
        env.flush()


# -- states -----------------------------------------------------------------------------------------------------


def test_the_bodies_of_all_fragments_run_in_order(env: Env, order: Order) -> None:
    order.confirm()
    assert (order.state, order.points, order.terms) == ("confirmed", 10, "/ freight")  # type: ignore[attr-defined]


def test_all_reasons_are_told_at_once(env: Env, order: Order) -> None:
    order.needs_carrier = True  # type: ignore[attr-defined]
    order.lines[0].price = Decimal(1_000_000)
    with pytest.raises(TransitionRefused) as caught:
        order.confirm()
    assert [one.code for one in caught.value.refusals] == ["credit", "carrier"]
    assert order.state == "draft"


def test_a_state_moves_by_its_transitions_only(env: Env, order: Order) -> None:
    with pytest.raises(ValidationError):
        order.state = "done"
    with pytest.raises(TransitionRefused):
        order.finish()
    with pytest.raises(TypeError):
        env.session.principal = env.principal
        env.principal = env.principal.__class__("staff")
        env[Order](state="done")


def test_groups_of_a_transition(env: Env, order: Order, as_user: Callable[..., Env]) -> None:
    seller = as_user(USER, company=order.company)
    mine = seller.get(Order, order.id)
    assert mine is not None
    mine.confirm()
    with pytest.raises(UserError, match="You may not"):
        mine.finish()


# -- versions and journal ---------------------------------------------------------------------------------------


def test_versions_count_what_people_changed(env: Env, order: Order) -> None:
    assert order.row_version == 1
    order.lines[0].quantity = Decimal(9)
    env.flush()
    assert (order.row_version, order.lines[0].row_version, order.lines[1].row_version) == (2, 2, 1)
    order.terms = order.terms
    env.flush()
    assert order.row_version == 2


def test_a_stale_form_loses(env: Env, order: Order) -> None:
    order.terms = "first"
    env.flush()
    expect(order, 1)
    order.terms = "second"
    with pytest.raises(ConflictError):
        env.flush()


def test_the_journal_tells_who_changed_what(env: Env, order: Order, as_user: Callable[..., Env]) -> None:
    seller = as_user(USER, company=order.company)
    partner = seller.get(Partner, order.partner.id)
    assert partner is not None
    partner.name = "Renamed"
    partner.born = datetime.date(2000, 1, 1)
    seller.flush()
    rows = seller.session.kernel_connection().execute(
        select(journal).where(journal.c.model == "trade.partner").order_by(journal.c.id)
    )
    created, written = [row._mapping for row in rows]
    assert (created["operation"], created["actor_kind"]) == ("create", "system")
    assert (written["operation"], written["actor_kind"]) == ("write", "staff")
    assert written["changes"] == {"name": ["Ærø Værft", "Renamed"], "born": None}
    assert written["position"] is None and written["at"].tzinfo is not None


def test_a_transition_is_one_entry_with_the_states(env: Env, order: Order) -> None:
    order.confirm()
    rows = env.session.kernel_connection().execute(
        select(journal.c.changes).where(journal.c.model == "trade.order", journal.c.operation == "write")
    )
    assert [row[0]["state"] for row in rows] == [["draft", "confirmed"]]


# -- statements -------------------------------------------------------------------------------------------------


def test_creating_an_order_costs_few_statements(db: DoomedDatabase, env: Env, company: Company) -> None:
    partner = env[Partner](name="X")
    env.flush()
    with counting(db) as statements:
        env[Order](company=company, partner=partner, lines=[env[Line](price=Decimal(number)) for number in range(10)])
        env.flush()
    # SQLite takes rows one by one: its RETURNING keeps no order
    assert len(statements) <= (3 if db.dialect.name == "postgresql" else 12), statements
