"""Fragments of several addons become one class; what contradicts itself is refused with addon, file and line."""

from __future__ import annotations

import threading
import types
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from core import AssemblyError, Model, NotActive, ValidationError, computed, constraint, fields, guard, transition
from core.orm.assemble import Models, assemble
from core.orm.handles import active
from core.orm.model import RECORDED
from core.registry.addonset import AddonSet, build_set
from tests.conftest import sample
from tests.sample_addons.trade.models import Line, Order, Partner


@pytest.fixture(scope="module")
def both() -> AddonSet:
    return build_set(sample("gift", "freight"))


def test_two_addons_that_do_not_know_each_other_extend_one_model(both: AddonSet) -> None:
    info = both.model("trade.order")
    assert {"points", "carrier", "remark"} <= set(info.fields)
    assert info.addons == ("trade", "freight", "gift")
    assert info.fields["terms"].size == 20
    assert list(info.fields["state"].choices) == ["draft", "confirmed", "done", "given"]
    assert set(info.transitions) == {"confirm", "finish", "give"}
    assert info.transitions["confirm"].guards == ("_credit", "_carrier")


def test_a_fragment_of_an_abstract_base_reaches_its_models(both: AddonSet) -> None:
    order: Any = both.model("trade.order").cls
    assert order.title_line.__qualname__ == "Numbered.title_line"
    assert "remark" in both.model("trade.order").fields
    assert "remark" not in both.model("trade.partner").fields


def test_columns_of_an_extension_may_be_empty_and_know_their_addon(both: AddonSet) -> None:
    table = both.model("trade.order").table
    assert table.c.carrier.nullable and table.c.carrier.info["addon"] == "freight"
    assert not table.c.partner_id.nullable and table.c.partner_id.info["addon"] == "trade"


def test_every_index_and_constraint_has_a_name_that_fits(both: AddonSet) -> None:
    for table in both.metadata.tables.values():
        named: list[Any] = [*table.indexes, *table.constraints]
        for one in named:
            assert one.name and len(str(one.name)) <= 63


def test_a_fragment_means_the_class_of_the_active_set(both: AddonSet) -> None:
    plain = build_set(sample("trade"))
    with active(plain.models):
        assert "carrier" not in str(select(Order))
    with active(both.models):
        assert "carrier" in str(select(Order))
        assert "trade_order.net" in str(select(Order.net))


def test_no_active_set_is_said_clearly() -> None:
    with pytest.raises(NotActive, match="no addon set is active"):
        select(Order)


def test_a_fragment_of_another_addon_is_not_active(both: AddonSet) -> None:
    from tests.sample_addons.freight.models import Order as Freight

    with active(build_set(sample("gift")).models), pytest.raises(NotActive, match="not installed"):
        select(Freight.carrier)


def test_a_fragment_is_no_way_to_make_records() -> None:
    with pytest.raises(TypeError, match=r"env\[Partner\]"):
        Partner(name="x")


def test_threads_with_different_sets_do_not_meet(both: AddonSet) -> None:
    plain = build_set(sample("trade"))
    wrong: list[str] = []

    def work(models: Models, wanted: bool) -> None:
        for _ in range(200):
            with active(models):
                if ("carrier" in str(select(Order).where(Order.lines.any(Line.price > 1)))) is not wanted:
                    wrong.append("mixed")

    threads = [
        threading.Thread(target=work, args=(one.models, wanted)) for one, wanted in ((both, True), (plain, False)) * 2
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# -- what is refused --------------------------------------------------------------------------------------------


@pytest.fixture
def forget() -> Iterator[None]:
    before = dict(RECORDED)
    yield
    RECORDED.clear()
    RECORDED.update(before)


def build(*classes: type[Model], **later: list[type[Model]]) -> Models:
    return assemble([("a", list(classes)), *later.items()], lambda one, other: one == other)


def refuse(*classes: type[Model], match: str, **later: list[type[Model]]) -> AssemblyError:
    with pytest.raises(AssemblyError, match=match) as caught:
        build(*classes, **later)
    return caught.value


@pytest.mark.usefixtures("forget")
class TestRefused:
    def test_class_statement(self) -> None:
        for options in ({}, {"name": "a.b", "abstract": True}, {"name": "plain"}, {"nmae": "a.b"}):
            with pytest.raises(TypeError):
                types.new_class("X", (Model,), options)
        with pytest.raises(TypeError, match="indexes"):

            class _Table(Model, name="a.table"):
                __table_args__ = ()

        with pytest.raises(TypeError, match="class statement"):

            class _Title(Model, name="a.title"):
                display = "name"

    def test_one_field_from_two_addons(self) -> None:
        class Base(Model, name="a.thing"):
            name = fields.Char("Name")

        class One(Base, extend=True):
            size = fields.Integer("Size")

        class Two(Base, extend=True):
            size = fields.Integer("Width")

        error = refuse(Base, match="'size'.*'one'.*'two'", one=[One], two=[Two])
        assert error.where.line and str(error.where.file).endswith("test_assembly.py")
        fine = build(Base, one=[One])
        assert fine["a.thing"].fields["size"].extension

    def test_another_kind(self) -> None:
        class Base(Model, name="a.thing"):
            name = fields.Char("Name")

        class One(Base, extend=True):
            name = fields.Integer("Name")  # type: ignore[assignment]

        refuse(Base, match="cannot become integer", one=[One])

    def test_two_addons_declare_one_model(self) -> None:
        class Base(Model, name="a.thing"):
            name = fields.Char("Name")

        class Again(Model, name="a.thing"):
            name = fields.Char("Name")

        refuse(Base, match="declared by addon 'a' and again", b=[Again])

    def test_link_to_nowhere(self) -> None:
        class Lost(Model, name="z.lost"):
            name = fields.Char("Name")

        class Base(Model, name="a.thing"):
            lost = fields.Many2one(Lost, "Lost")

        refuse(Base, match="'z.lost'")

    def test_inverse_that_is_none(self) -> None:
        class Part(Model, name="a.part"):
            whole = fields.Many2one(lambda: Whole, "Whole")

        class Whole(Model, name="a.whole"):
            parts = fields.One2many(Part, "whoel", "Parts")

        assert refuse(Part, Whole, match="'whoel'").hint == "did you mean 'whole'?"

    def test_computed(self) -> None:
        class Other(Model, name="a.other"):
            price = fields.Money("Price")

        class Far(Model, name="a.far"):
            other = fields.Many2one(Other, "Other")

            @computed(fields.Money("Price"), "other.price")
            def price(self) -> Any:
                return self.other.price if self.other else None

        refuse(Other, Far, match="beyond its own lines")

        class Typo(Model, name="a.typo"):
            price = fields.Money("Price")

            @computed(fields.Money("Double"), "pirce")
            def double(self) -> Any:
                return None

        assert refuse(Typo, match="'pirce'").hint == "did you mean 'price'?"

        class Circle(Model, name="a.circle"):
            @computed(fields.Integer("One"), "two")
            def one(self) -> Any:
                return self.two

            @computed(fields.Integer("Two"), "one")
            def two(self) -> Any:
                return self.one

        refuse(Circle, match="circle: a.circle.one → a.circle.two → a.circle.one")

    def test_states(self) -> None:
        class Typo(Model, name="a.typo"):
            state = fields.State("draft", "done")

            @transition("draft", to="doen")
            def finish(self) -> None: ...

        assert refuse(Typo, match="unknown state 'doen'").hint == "did you mean 'done'?"

        class Guarded(Model, name="a.guarded"):
            state = fields.State("draft", "done")

            @transition("draft", to="done")
            def finish(self) -> None: ...

            @guard("finsh")
            def _never(self) -> Any:
                return ()

        assert refuse(Guarded, match="'finsh'").hint == "did you mean 'finish'?"

    def test_names_of_fields(self) -> None:
        class Typo(Model, name="a.typo"):
            name = fields.Char("Name")

            @constraint("nmae")
            def _check(self) -> None:
                raise ValidationError("x")

        assert refuse(Typo, match="'nmae'").hint == "did you mean 'name'?"

        class Sorted(Model, name="a.sorted", sort=("-naem",)):
            name = fields.Char("Name")

        refuse(Sorted, match="'-naem'")

        class Live(Model, name="a.live"):
            name = fields.Char("Name")
            big = fields.Boolean("Big", expr="nmae == 'x'")

        assert "nmae" in str(refuse(Live, match="nmae"))

    def test_company_without_company(self) -> None:
        class Paper(Model, name="a.paper", company="own"):
            name = fields.Char("Name")

        refuse(Paper, match="company")

    def test_unknown_option(self) -> None:
        with pytest.raises(TypeError, match="requierd"):
            fields.Char("Name", requierd=True)  # type: ignore[call-overload]
