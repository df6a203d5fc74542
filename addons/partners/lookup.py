"""Who is calling: partners by their telephone numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from addons.partners.models import ContactPoint, Partner
from core import Env


def by_numbers(env: Env, numbers: Iterable[str]) -> list[Partner]:
    """Partners who have one of these numbers (E.164), persons first."""
    point: Any = env.info(ContactPoint).cls
    partner: Any = env.info(Partner).cls
    wanted = [one for one in numbers if one]
    if not wanted:
        return []
    query = select(partner).join(point, point.partner_id == partner.id).where(point.normalised.in_(wanted))
    found: list[Partner] = list(env.session.scalars(query.order_by(partner.id)).unique())
    return sorted(found, key=lambda one: one.kind != "person")
