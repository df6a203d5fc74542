"""Articles: what is on sale, and who sees what it costs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from addons.products.hookspecs import products_block
from addons.products.models import Article, GoodsGroup
from addons.products.tests.samples import article
from core import AccessError, Env, ValidationError


def test_an_article_is_on_sale_while_its_product_is(env: Env) -> None:
    valve = article(env)

    def on_sale() -> list[Article]:
        return list(env.session.scalars(select(Article).where(Article.sellable)))

    seen = [(valve.sellable, on_sale())]
    for step in (valve.product.phase_out, valve.product.retire):
        step()
        seen.append((valve.sellable, on_sale()))
    assert seen == [(True, [valve]), (True, [valve]), (False, [])]


def test_what_is_not_on_sale_is_blocked_and_names_what_replaces_it(env: Env) -> None:
    old, new = article(env, "OLD"), article(env, "NEW")
    old.product.replaced_by = new.product
    old.product.retire()
    answers = env.hooks.of(products_block)(article=old, usage="order")
    refusals = [one for answer in answers for one in answer]
    assert [one.code for one in refusals] == ["not_on_sale"]
    assert "NEW" in refusals[0].fix
    assert [one for answer in env.hooks.of(products_block)(article=new, usage="order") for one in answer] == []


def test_costs_are_hidden_from_those_outside_their_group(env: Env, as_user: Callable[..., Env]) -> None:
    valve = article(env)
    seller, manager = as_user("products.user"), as_user("products.costs")
    assert seller.session.scalar(select(Article.list_price)) == 100
    for hidden in (select(Article.cost), select(Article.id).where(Article.cost > 50)):
        with pytest.raises(AccessError):
            seller.session.execute(hidden)
    assert manager.session.scalar(select(Article.cost)) == 60
    assert not seller.readable(seller.info(Article), seller.info(Article).fields["cost"])
    assert valve.cost == 60


@pytest.mark.parametrize(
    ("values", "field"),
    [({"gtin": "4006381333932"}, "gtin"), ({"price": "-1"}, "list_price")],
)
def test_wrong_values_are_named(env: Env, values: dict[str, str], field: str) -> None:
    with pytest.raises(ValidationError) as error:
        article(env, **values)
    assert field in error.value.fields


def test_a_group_is_not_below_itself(env: Env) -> None:
    valves = env[GoodsGroup](code="V", name="Valves")
    ball = env[GoodsGroup](code="VK", name="Ball valves", parent=valves)
    env.flush()
    valves.parent = ball
    with pytest.raises(ValidationError):
        env.flush()
