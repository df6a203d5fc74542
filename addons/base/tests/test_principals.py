"""Logging in: who gets in, as what, and who does not."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from addons.base.models import Group, User
from addons.base.principals import UserPrincipals
from addons.base.tests.samples import company, one
from core import Env, ValidationError
from core.schema.tables import credential, session
from core.web import visits

GOOD = "correct horse battery"


@pytest.fixture
def principals(env: Env) -> UserPrincipals:
    company(env)
    return UserPrincipals(env)


def test_the_right_password_lets_in_with_groups_and_companies(env: Env, principals: UserPrincipals) -> None:
    principals.add("anna", "Anna", GOOD, ["base.admin"], ["Nord A/S"])
    found = principals.authenticate(" Anna ", GOOD)
    assert found is not None
    assert found.groups == {"base.admin", "base.user", "everyone"}
    assert found.companies == (found.company,)
    assert (found.language, found.zone) == ("da", "Europe/Copenhagen")


def test_wrong_passwords_unknown_and_inactive_users_do_not_get_in(env: Env, principals: UserPrincipals) -> None:
    principals.add("anna", "Anna", GOOD)
    assert principals.authenticate("anna", GOOD + "!") is None
    assert principals.authenticate("anna", "x" * 5000) is None
    assert principals.authenticate("nobody", GOOD) is None
    one(env, User, login="anna").active = False
    env.flush()
    assert principals.authenticate("anna", GOOD) is None
    assert principals.principal(one(env, User, login="anna").id) is None


def test_a_new_password_replaces_the_old_one(principals: UserPrincipals) -> None:
    who = principals.add("anna", "Anna", GOOD)
    principals.set_password(who.id or 0, "another horse entirely")
    assert principals.authenticate("anna", GOOD) is None
    assert principals.authenticate("anna", "another horse entirely") is not None


def test_weak_passwords_and_taken_logins_are_refused(principals: UserPrincipals) -> None:
    with pytest.raises(ValidationError):
        principals.add("bo", "Bo", "short")
    principals.add("anna", "Anna", GOOD)
    with pytest.raises(ValidationError):
        principals.add("ANNA", "Anna", GOOD)
    with pytest.raises(ValidationError):
        principals.add("carl", "Carl", GOOD, ["base.nothing"])


def test_no_model_shows_the_hash(env: Env, principals: UserPrincipals) -> None:
    principals.add("anna", "Anna", GOOD)
    stored = env.session.connection().scalar(sa.select(credential.c.hash))
    assert stored is not None and stored.startswith("$argon2id$")
    assert credential not in env.models.tables
    assert not any("password" in name or "hash" in name for name in env.info(User).fields)


def test_groups_mirror_what_addons_declare(env: Env) -> None:
    assert one(env, Group, name="base.admin").implies == "base.user"


def test_a_new_password_ends_what_began_with_the_old_one(env: Env, principals: UserPrincipals) -> None:
    anna, bo = principals.add("anna", "Anna", GOOD), principals.add("bo", "Bo", GOOD)
    connection = env.session.connection()
    for who in (anna, bo):
        visits.begin(connection, who.id or 0)
    principals.set_password(anna.id or 0, "another horse entirely")
    assert connection.scalars(sa.select(session.c.user_id)).all() == [bo.id]
