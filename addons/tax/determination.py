"""Which VAT applies to a supply, and why: the rates of the seller's country, and nothing charged on what leaves it.

    buyer in the same country, or none         the rate of the tax class there           S (or what the rate says)
    EU, goods, buyer with a VAT number         exempt, the buyer accounts for it         K    VATEX-EU-IC
    EU, services, buyer with a VAT number      reverse charge                            AE   VATEX-EU-AE
    EU, buyer without one                      as at home (below the threshold for distance sales)
    elsewhere, goods                           export                                    G    VATEX-EU-G
    elsewhere, services                        outside the scope                         O    VATEX-EU-O

Directive 2006/112/EC, articles 44, 138, 146, 196.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from addons.base.models import Country
from addons.tax.models import Rate, TaxClass
from addons.tax.models.rate import KNOWN
from core import Env, _


@dataclass(frozen=True)
class Treatment:
    """The VAT of a supply. ``reason`` is for people; ``exemption`` a code of the VATEX list."""

    category: str
    rate: Decimal
    reason: str
    exemption: str = ""


def determine(
    env: Env,
    *,
    seller: Country,
    buyer: Country | None,
    buyer_vat: str | None,
    tax_class: TaxClass | None,
    day: datetime.date,
) -> Treatment:
    """The VAT of something of ``tax_class`` that is sold on ``day``."""
    if buyer is None or buyer is seller:
        return _domestic(env, seller, tax_class, day)
    service = tax_class is not None and tax_class.service
    if buyer.eu and seller.eu:
        if not buyer_vat:
            return _domestic(env, seller, tax_class, day, str(_("buyer without VAT number: as at home")))
        if service:
            return _nothing("AE", _("Reverse charge: service to a business in {country}"), buyer, "VATEX-EU-AE")
        return _nothing("K", _("Goods to a business in {country}, another EU country"), buyer, "VATEX-EU-IC")
    if service:
        return _nothing("O", _("Service to {country}, outside the scope of VAT"), buyer, "VATEX-EU-O")
    return _nothing("G", _("Export to {country}"), buyer, "VATEX-EU-G")


def _domestic(
    env: Env, country: Country, tax_class: TaxClass | None, day: datetime.date, remark: str = ""
) -> Treatment:
    rate = _rate(env, country, tax_class, day) if tax_class is not None else None
    if rate is None:
        missing = str(_("no rate of class “{tax_class}” in {country} on {day}"))
        text = missing.format(tax_class=tax_class or "", country=country, day=day.isoformat())
        return Treatment("Z", Decimal(0), text)
    return Treatment(rate.category, rate.rate, ", ".join(one for one in (rate.name, remark) if one))


def _rate(env: Env, country: Country, tax_class: TaxClass, day: datetime.date) -> Rate | None:
    """Asked for each line of a paper, so the session remembers the answer until a rate changes."""
    known: dict[tuple[int, int, datetime.date], Rate | None] = env.session.info.setdefault(KNOWN, {})
    key = country.id, tax_class.id, day
    if key not in known:
        known[key] = _read_rate(env, country, tax_class, day)
    return known[key]


def _read_rate(env: Env, country: Country, tax_class: TaxClass, day: datetime.date) -> Rate | None:
    model: Any = env.info(Rate).cls
    query = (
        sa.select(model)
        .where(model.country_id == country.id, model.tax_class_id == tax_class.id, model.valid_from <= day)
        .where(sa.or_(model.valid_to.is_(None), model.valid_to >= day))
        .order_by(model.valid_from.desc(), model.id)
        .limit(1)
    )
    found: Rate | None = env.session.scalars(query).first()
    return found


def _nothing(category: str, reason: str, buyer: Country, exemption: str) -> Treatment:
    return Treatment(category, Decimal(0), str(reason).format(country=buyer.name), exemption)
