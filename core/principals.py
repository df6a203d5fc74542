"""Who may act: the interface between the kernel, which knows no user model, and the addon that keeps the users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zope.interface import Interface

if TYPE_CHECKING:
    from core.orm.security import Principal


class IPrincipals(Interface):
    """Answered by the hook ``kontor_principals`` with an elevated environment; ``base`` implements it with its users."""

    def authenticate(login: str, password: str) -> Principal | None:  # type: ignore[misc,empty-body]  # noqa: N805
        """The principal who logs in with these, or None; takes the same time for unknown names."""

    def principal(user_id: int) -> Principal | None:  # type: ignore[misc,empty-body]  # noqa: N805
        """The principal of an active user, or None."""
