"""What is refused, with the place and the cure; hostile input above all."""

from __future__ import annotations

import pytest

from core.errors import ExpressionError, Where
from core.orm.expressions import parse
from tests.orm.expressions.shop import FIELDS, Field, Shop, checked


def refusal(text: str, model: str = "orders.order", expect: str | None = None) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        checked(text, model, expect)
    return caught.value


def test_the_error_shows_the_place_and_the_near_name() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("state == 'draft' and totl > 5", Where("orders", "views/order.xml", 12)).check(Shop(), "orders.order")
    assert str(caught.value) == (
        "addon 'orders', views/order.xml:12: 'orders.order' has no field 'totl' (did you mean 'total'?)\n"
        "  state == 'draft' and totl > 5\n"
        "                       ^"
    )


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("partner.nme == 'x'", 8, "did you mean 'name'"),
        ("  note == 'æøå' and  partner.parnt.name == 'x'", 29, "did you mean 'parent'"),
        ("total == 'x'", 9, "a number cannot be compared with a text"),
        ("due == '2026-01-31'", 7, "write date(2026, 1, 31)"),
        ("due < now", 6, "compare dates with today"),
        ("partner == 5", 11, "compare its id"),
        ("partner == salesperson", 11, "a record of partners.partner cannot be compared with a record of base.user"),
        ("state == 'drat'", 9, "did you mean 'draft'"),
        ("'closed' != state", 0, "it is one of confirmed, done, draft"),
        ("state in ('draft', 'dne')", 19, "did you mean 'done'"),
        ("state < 'done'", 0, "a selection has no order"),
        ("partner < partner", 0, "has no order"),
        ("total > None", 8, "None has no order"),
        ("picture == 'x'", 0, "can only be compared with None"),
        ("partner and total > 3", 0, "compare it: … != None"),
        ("not total", 4, "compare it: … != 0"),
        ("lines", 0, "use count(…)"),
        ("lines.price > 3", 0, "use count(…)"),
        ("sum(total)", 4, "needs a collection"),
        ("sum(lines)", 0, "for example sum(lines.net)"),
        ("sum(lines.name)", 0, "cannot be taken of a text"),
        ("count(lines.price)", 0, "counts items"),
        ("sum(partner.orders.lines.price)", 19, "crosses two collections"),
        ("any(lines, price)", 11, "a condition is wanted here"),
        ("any(lines, state == 'draft')", 11, "written record.state"),
        ("each.total > 3", 0, "item of a collection"),
        ("number.upper == 'X'", 7, "it has no fields"),
        ("user.login == 'ada'", 5, "only compared"),
        ("today.year == 2026", 6, "only compared"),
        ("company == None", 11, "write record.company"),
        ("user in lines", 0, "is never in"),
        ("number in 'abc'", 10, "contains(text, 'a')"),
        ("number in note", 10, "needs a list of values or a collection"),
        ("number + total", 0, "only texts are put together"),
        ("due + 7", 0, "write days(…)"),
        ("due + days(rate)", 11, "whole number"),
        ("due + days(200000)", 11, "at most 100000 days"),
        ("due + days(1) + days(2)", 16, "moved once"),
        ("days(3)", 0, "only added to"),
        ("date(2026, 2, 30) < due", 0, "no such day"),
        ("date(2026, 1, priority) < due", 14, "whole numbers"),
        ("round(total, 9)", 13, "from 0 to 8"),
        ("total / 2 > 1", 0, "multiply"),
        ("total if urgent else number", 21, "alternatives of different kinds"),
        ("coalesce(total)", 0, "takes 2 to 10 arguments"),
        ("total = 5", 6, "'and', 'or' and '=='"),
        ("urgent && urgent", 8, "'and', 'or' and '=='"),
        ("urgent & urgent", 0, "write 'and' or 'or'"),
        ("total > 5 > ", 11, "not readable"),
        ("contians(number, 'a')", 0, "did you mean 'contains'"),
        ("contains(number, part='a')", 0, "no named arguments"),
        ("sum == 3", 0, "is a function"),
        ("9999999999 * 9999999999 > total", 0, "more than 10 digits"),
        ("partner.parent.parent.parent.parent.parent.parent.parent.name == 'x'", 0, "at most 8 names"),
        ("", 0, "empty"),
        ("   ", 0, "empty"),
        ("urgent # and so on", 7, "comment"),
    ],
)
def test_refused_with_position(text: str, position: int, words: str) -> None:
    error = refusal(text)
    assert words in str(error)
    assert error.position == position
    assert str(error).splitlines()[-1] == " " * (position + 2) + "^"


@pytest.mark.parametrize(
    "text",
    [
        "partner.__class__",
        "__import__('os')",
        "partner._sa_instance_state",
        "record.__dict__",
        "().__class__.__mro__",
        "'x'.format(partner)",
        "'%s' % number",
        "f'{number}'",
        "f'{number!r:>{total}}'",
        "number.format('x')",
        "open('/etc/passwd')",
        "eval('1')",
        "lambda: 1",
        "(lambda x: x)(1)",
        "[x for x in lines]",
        "any(x for x in lines)",
        "{x: 1 for x in lines}",
        "(x := 5)",
        "*lines",
        "count(*lines)",
        "count(**lines)",
        "lines[0]",
        "lines[0:1]",
        "{'a': 1}",
        "{1, 2}",
        "[1, 2]",
        "(1, 2)",
        "b'bytes'",
        "...",
        "1j",
        "1e400",
        "1e5",
        "0x10",
        "1_000",
        "12345678901",
        "0.123456789",
        "9" * 1900,
        "total ** 9999999999",
        "total << 999",
        "~total",
        "total // 2",
        "total % 2",
        "total @ total",
        "await number",
        "(yield)",
        "number; note",
        "import os",
        "number\nnote",
        "number == 'a\\x00b'",
        "number == '\\ud800'",
        "number == '\ud800'",
        "number == 'a\x00b'",
        "'\\N{BULLET}' == number",
        "number is 'a'",
        "total is not 5",
        "not_a_function(1)",
        "sum(lines.price)(1)",
        "(number).name",
        "sum.__call__(lines)",
        "True.real",
        "1.real",
        "total) or (total > 1",
    ],
)
def test_hostile_input_is_refused(text: str) -> None:
    refusal(text)


def test_limits() -> None:
    assert "too long" in str(refusal("urgent or " * 200 + "urgent"))
    assert "too large" in str(refusal(" or ".join(["urgent"] * 200)))
    assert "nested too deeply" in str(refusal("not " * 32 + "urgent"))
    assert "nested" in str(refusal("(" * 900 + "urgent" + ")" * 900))
    assert "nested" in str(refusal("-" * 1999 + "1"))
    assert "nested" in str(refusal(" + ".join(["number"] * 40)))
    checked("not " * 30 + "urgent")
    checked(" or ".join(["urgent"] * 199))


def test_brackets_alone_do_not_count_as_depth() -> None:
    checked("(" * 40 + "urgent" + ")" * 40)


def test_a_field_that_may_not_be_read_is_an_unknown_field() -> None:
    hidden = Shop(("orders.order", "total"), ("partners.partner", "credit"))
    messages = []
    for text in ("total > 3", "nosuch > 3"):
        with pytest.raises(ExpressionError) as caught:
            parse(text).check(hidden, "orders.order")
        messages.append(caught.value.message.replace("total", "x").replace("nosuch", "x"))
        assert "total" not in (caught.value.hint or "")
    assert messages[0] == messages[1]
    with pytest.raises(ExpressionError, match="no field 'credit'"):
        parse("any(lines, supplier.credit > 3)").check(hidden, "orders.order")


def test_the_wanted_kind_is_checked() -> None:
    assert "a condition is wanted here" in str(refusal("number", expect="boolean"))
    assert "a text is wanted here, not a number" in str(refusal("total", expect="text"))
    checked("total > 3", expect="boolean")


def test_a_live_value_is_not_made_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Field("first", "integer", expression=parse("second + 1"))
    second = Field("second", "integer", expression=parse("partner.id + sum(lines, order.first)"))
    monkeypatch.setitem(FIELDS, "orders.order", {**FIELDS["orders.order"], "first": first, "second": second})
    assert first.expression is not None
    assert second.expression is not None
    first.expression.check(Shop(), "orders.order")
    with pytest.raises(ExpressionError, match="made of itself: first → second"):
        second.expression.check(Shop(), "orders.order")


def test_an_unchecked_expression_is_not_translated() -> None:
    with pytest.raises(TypeError, match="has not been checked"):
        _ = parse("total > 3").typed
