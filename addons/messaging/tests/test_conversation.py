"""Messages are cleaned, told to the hook, and seen by those who may read what they are about."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from addons.base.models import Setting
from addons.messaging.models import Message
from addons.messaging.models.thread import messages_of
from core import AccessError, Env


def test_messages_are_cleaned_and_come_newest_first(env: Env) -> None:
    about = env[Setting](key="x", value=1)
    env.flush()
    for text in ("<p>one</p><script>alert(1)</script>", "<p>two</p>"):
        env[Message](about=about, body=text)
        env.flush()
    assert [one.body for one in messages_of(about)] == ["<p>two</p>", "<p>one</p>"]


def test_who_may_not_read_the_record_does_not_see_the_message(env: Env, as_user: Callable[..., Env]) -> None:
    about = env[Setting](key="x", value=1)
    env.flush()
    group = env.session.scalars(select(env.info("base.group").cls)).first()
    env[Message](about=group, body="about a group")
    env[Message](about=about, body="about a setting")
    reader = as_user("base.user")  # reads settings, not groups
    assert [one.body for one in reader.session.scalars(select(Message))] == ["about a setting"]


def test_a_message_is_not_changed_afterwards(env: Env, as_user: Callable[..., Env]) -> None:
    about = env[Setting](key="x", value=1)
    env.flush()
    writer = as_user("base.user")
    message = writer[Message](about=writer.get(Setting, about.id), body="text")
    writer.flush()
    message.body = "other text"
    with pytest.raises(AccessError):
        writer.flush()


