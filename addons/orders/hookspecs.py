"""The hooks that orders offer. All run in the transaction of the event; what leaves the house goes to the outbox."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from core import hookspec

if TYPE_CHECKING:
    from addons.orders.models import Order
    from core import Refusal


@hookspec
def orders_hold_reasons(order: Order) -> Iterable[Refusal]:
    """Reasons why ``order`` may not be confirmed now: a credit limit, a price below the floor, a date out of reach.

    Asked when it is about to be confirmed, by hand or by itself after an offer was accepted. Changes nothing; all
    reasons are shown together. A reason that concerns one addon's own fields is better a ``@guard`` of its fragment::

        @hookimpl
        def orders_hold_reasons(order):
            if owed_by(order.partner) > order.partner.credit_limit:
                yield Refusal("credit", _("The credit limit is exceeded."), _("Ask accounts."))
    """
    return ()


@hookspec
def orders_confirmed(order: Order) -> Any:
    """Called when an order is confirmed, before its state says so::

        @hookimpl
        def orders_confirmed(order):
            order.env.enqueue(send_confirmation, order=order.id)
    """


@hookspec
def orders_cancelled(order: Order) -> Any:
    """Called when an order is cancelled, before its state says so::

        @hookimpl
        def orders_cancelled(order):
            release_goods_of(order)
    """
