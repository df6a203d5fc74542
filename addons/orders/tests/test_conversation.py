"""Messages and files on an order, written on its page."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import select

from addons.base.tests.samples import company, user
from addons.messaging.models import Attachment, Message
from addons.offers.tests.samples import customer, offer
from addons.orders.models import Order
from addons.products.models import Article
from addons.products.tests.samples import article
from core import Env
from core.testing.checks import desk
from core.testing.kit import DoomedDatabase

HTMX = {"HX-Request": "true"}


def test_words_and_files_are_put_on_the_order(db: DoomedDatabase, env: Env, as_user: Callable[..., Env]) -> None:
    valve, nord = article(env), company(env)
    seller = as_user("orders.user", company=nord, user=user(env, "anna", nord))
    made = offer(seller, customer(seller), seller.get(Article, valve.id))  # type: ignore[arg-type]
    made.send()
    made.accept()
    order = env.session.scalars(select(Order)).one()
    client = desk(db, env).app
    page = client.get(f"/app/orders.order/{order.id}")
    found = re.search(r"X-CSRF-Token\W+([0-9a-f]{20,})", page.text)
    assert found is not None
    headers = {**HTMX, "X-CSRF-Token": found[1]}
    url = f"/app/orders.order/{order.id}/panel/messages"
    answer = client.post(
        url,
        params=[("text", "Deliver <b>before</b> 9.\nThanks"), ("shared", "1")],
        upload_files=[("files", "plan.png", b"<script>alert(1)</script>")],
        headers=headers,
    )
    assert "Deliver &lt;b&gt;before&lt;/b&gt; 9.<br>Thanks" in answer.text
    message = env.session.scalars(select(Message)).one()
    assert (message.audience, message.about) == ("customer", order)
    attached = env.session.scalars(select(Attachment)).one()
    assert attached.file is not None
    assert (attached.file.name, attached.file.type) == ("plan.png", "application/octet-stream")
    assert attached.audience == "customer"
    refused = client.post(url, params=[("text", "  ")], headers=headers, expect_errors=True)
    assert refused.status_int == 422
