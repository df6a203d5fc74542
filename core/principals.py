"""Who may act: the interface between the kernel, which knows no user model, and the addon that keeps the users."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from core.orm.security import Principal


class IPrincipals(Interface):  # type: ignore[misc]
    """Answered by the hook ``kontor_principals`` with an elevated environment; ``base`` answers with its users."""

    def authenticate(login: str, password: str) -> Principal | None:  # noqa: N805
        """The principal who logs in with these, or None; takes the same time for unknown names."""

    def principal(user_id: int) -> Principal | None:  # noqa: N805
        """The principal of an active user, or None."""

    def add(  # type: ignore[empty-body]
        login: str,  # noqa: N805
        name: str,
        password: str,
        groups: Iterable[str] = (),
        companies: Iterable[str] = (),
    ) -> Principal:
        """Make a user who may log in. ``companies`` by name; none means all. Raises ``ValidationError``."""

    def set_password(user_id: int, password: str) -> None:  # noqa: N805
        """Give a user a new password. Raises ``ValidationError`` when it is too weak."""
