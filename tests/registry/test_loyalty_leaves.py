"""An addon with data in it is uninstalled: orders go on working, and what it knew is there when it comes back."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from addons.base.tests.samples import company, user
from addons.offers.tests.samples import customer
from addons.orders.models import Order, OrderLine
from addons.products.tests.samples import article
from core.env import Env
from core.orm.security import Principal
from core.registry.database import Database, open_database
from core.registry.lifecycle import apply, plan
from core.testing.databases import fresh


def seller(database: Database, groups: tuple[str, ...] = ("orders.user",)) -> Principal:
    with database.transaction() as env:
        nord = company(env)
        anna = user(env, "anna", nord)
        env.flush()
        return Principal("staff", anna.id, "anna", database.set.security.expand(groups), (nord.id,), nord.id)


def ordered(env: Env, ware: int) -> Order:
    from addons.products.models import Article

    chosen = env.get(Article, ware)
    assert chosen is not None
    made = env[Order](partner=customer(env), lines=[env[OrderLine](article=chosen, quantity=Decimal(30))])
    env.flush()
    made.confirm()
    return made


def test_orders_go_on_and_points_come_back(database_kind: str, tmp_path: Path) -> None:
    files = tmp_path / "files"
    with fresh(database_kind, tmp_path) as url:
        apply(plan(url, install=["loyalty"]), files=files)
        database = open_database(url, files=files)
        anna = seller(database)
        with database.transaction() as env:
            ware = article(env).id
        with database.transaction(anna) as env:
            with_points: Any = ordered(env, ware)
            key, points = with_points.id, with_points.points
        assert points > 0
        database.close()

        made = plan(url, uninstall=["loyalty"])
        assert "uninstall loyalty" in str(made)
        apply(made, files=files)
        database = open_database(url, files=files)
        assert "loyalty" not in database.set.names
        with database.transaction(anna) as env:
            old = env.get(Order, key)
            assert old is not None
            assert old.state == "confirmed"
            assert not hasattr(old, "points")
            later = ordered(env, ware)
            assert later.state == "confirmed"
            later_key = later.id
        database.close()

        apply(plan(url, install=["loyalty"]), files=files)
        database = open_database(url, files=files)
        with database.transaction(anna) as env:
            cls: Any = env.models["orders.order"].cls
            rows = env.session.execute(select(cls.id, cls.points).order_by(cls.id)).all()
            assert [tuple(row) for row in rows] == [(key, points), (later_key, 0)] or rows[1][1] is None
        database.close()
