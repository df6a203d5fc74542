"""Customers: what lists show of their parts, who sees them, what is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from addons.base.models import Country, Setting
from addons.base.tests.samples import company, one, user
from addons.partners.lookup import by_numbers
from addons.partners.models import Address, BankAccount, ContactPoint, Partner, PartnerRole
from addons.partners.models.partner import OWN_PARTNERS
from core import AccessError, Env, ValidationError


def a_partner(env: Env, **values: object) -> Partner:
    made = env[Partner](**{"name": "Holm Kedler A/S", "country": one(env, Country, code="DK"), **values})
    env.flush()
    return made


def test_phone_mail_and_city_follow_the_lines(env: Env) -> None:
    partner = a_partner(
        env,
        contact_points=[
            env[ContactPoint](kind="mail", value="post@holm.example", sequence=5, calling_code="45"),
            env[ContactPoint](kind="mobile", value="20 30 40 50", sequence=20, calling_code="45"),
            env[ContactPoint](kind="phone", value="86 12 34 56", sequence=10, calling_code="45"),
        ],
        addresses=[env[Address](city="Skive", postcode="7800")],
    )
    assert (partner.phone, partner.email, partner.city) == ("86 12 34 56", "post@holm.example", "Skive")
    partner.contact_points.remove(next(one for one in partner.contact_points if one.kind == "phone"))
    env.flush()
    assert partner.phone == "20 30 40 50"
    assert "+4520304050" in (partner.search_text or "")


def test_numbers_are_drawn_when_saved_and_not_for_persons(env: Env) -> None:
    partner, person = a_partner(env), a_partner(env, kind="person", name="Per Holm")
    assert partner.number == "C00001"
    assert person.number is None


def test_a_caller_is_found_by_any_way_of_writing_the_number(env: Env) -> None:
    partner = a_partner(env, contact_points=[env[ContactPoint](value="86 12 34 56", calling_code="45")])
    assert by_numbers(env, ["+4586123456"]) == [partner]
    assert by_numbers(env, []) == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"vat": "DK12345678"}, "vat"),
        ({"vat": "SE643112464018"}, "vat"),
        ({"legal_id": "12345678"}, "legal_id"),
        ({"name": ""}, "name"),
        ({"kind": "ghost"}, "kind"),
    ],
)
def test_wrong_values_are_named(env: Env, values: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as error:
        a_partner(env, **values)
    assert field in error.value.fields


def test_wrong_lines_are_named_with_their_place(env: Env) -> None:
    with pytest.raises(ValidationError) as error:
        a_partner(
            env,
            contact_points=[env[ContactPoint](kind="mail", value="no mail")],
            bank_accounts=[env[BankAccount](iban="DK0000400440116243")],
        )
    assert set(error.value.fields) == {"contact_points.0.value", "bank_accounts.0.iban"}


def test_only_persons_have_roles_and_no_partner_is_its_own_parent(env: Env) -> None:
    partner = a_partner(env)
    partner.people.append(env[PartnerRole](person=a_partner(env, name="Other A/S")))
    with pytest.raises(ValidationError):
        env.flush()
    env.session.rollback()
    partner = a_partner(env)
    partner.parent = partner
    with pytest.raises(ValidationError):
        env.flush()


def test_new_customers_belong_to_the_company_where_the_setting_says_so(
    env: Env, as_user: Callable[..., Env]
) -> None:
    nord, syd = company(env, "Nord A/S"), company(env, "Syd ApS")
    shared = as_user("partners.user", company=nord)
    assert a_partner(shared).company is None
    env[Setting](key=OWN_PARTNERS, value=True)
    anna = user(env, "anna", nord)
    own = as_user("partners.user", company=nord, user=anna)
    key = a_partner(own, name="Only ours").id
    colleague = as_user("partners.user", company=nord)
    assert colleague.get(Partner, key) is not None
    stranger = as_user("partners.user", company=syd)
    assert stranger.get(Partner, key) is None


def test_a_block_needs_a_reason_and_a_manager(env: Env, as_user: Callable[..., Env]) -> None:
    key = a_partner(env).id
    seller = as_user("partners.user").get(Partner, key)
    assert seller is not None
    with pytest.raises(AccessError):
        seller.block()
    manager = as_user("partners.manager").get(Partner, key)
    assert manager is not None
    with pytest.raises(ValidationError):
        manager.block()
    manager.blocked_reason = "Does not pay"
    manager.block()
    blocked = manager.blocked
    manager.unblock()
    assert (blocked, manager.blocked) == (True, False)
    assert not manager.blocked_reason
