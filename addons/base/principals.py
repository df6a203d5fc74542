"""Who may act, told from the users of this database: base's answer to the kernel's ``IPrincipals``."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from zope.interface import implementer

from addons.base import credentials
from addons.base.groups import mirror_groups
from addons.base.models import Company, Group, User
from core import Env, Principal, ValidationError, _
from core.i18n import DEFAULT_LANGUAGE
from core.principals import IPrincipals


@implementer(IPrincipals)
class UserPrincipals:
    """Reads users in an elevated environment."""

    def __init__(self, env: Env) -> None:
        self.env = env

    def authenticate(self, login: str, password: str) -> Principal | None:
        with self.env.active():
            user = self._user(login)
            known = user is not None and user.active
            if not credentials.matches(self.env, user.id if user is not None and known else None, password):
                return None
            return None if user is None else self._principal(user)

    def principal(self, user_id: int) -> Principal | None:
        with self.env.active():
            user = self.env.get(User, user_id)
            return self._principal(user) if user is not None and user.active else None

    def add(
        self, login: str, name: str, password: str, groups: Iterable[str] = (), companies: Iterable[str] = ()
    ) -> Principal:
        env = self.env
        with env.active():
            mirror_groups(env)
            if self._user(login.strip().lower()) is not None:
                raise ValidationError(fields={"login": _("is already taken")})
            found = self._companies(list(companies))
            user = env[User](
                login=login.strip().lower(),
                name=name,
                company=found[0] if len(found) == 1 else None,
                companies=found,
                groups=self._groups(list(groups)),
            )
            env.flush()
            credentials.set_password(env, user.id, password)
            return self._principal(user)

    def set_password(self, user_id: int, password: str) -> None:
        credentials.set_password(self.env, user_id, password)

    def _user(self, login: str) -> User | None:
        return self.env.session.scalars(select(User).where(User.login == login.strip().lower())).one_or_none()

    def _companies(self, names: list[str]) -> list[Company]:
        found = list(self.env.session.scalars(select(Company).order_by(Company.id)))
        unknown = sorted(set(names) - {one.name for one in found})
        if unknown:
            raise ValidationError(fields={"companies": str(_("there is no company “{name}”")).format(name=unknown[0])})
        return [one for one in found if not names or one.name in names]

    def _groups(self, names: list[str]) -> list[Group]:
        found = {one.name: one for one in self.env.session.scalars(select(Group))}
        unknown = [name for name in names if name not in found]
        if unknown:
            raise ValidationError(fields={"groups": str(_("there is no group “{name}”")).format(name=unknown[0])})
        return [found[name] for name in names]

    def _principal(self, user: User) -> Principal:
        companies = list(user.companies)
        home = user.company or (companies[0] if companies else None)
        spoken = user.language or (home.language if home is not None else None)
        return Principal(
            kind="staff",
            id=user.id,
            name=user.name,
            groups=self.env.set.security.expand(["base.user", *(one.name for one in user.groups)]),
            companies=tuple(one.id for one in companies),
            company=home.id if home is not None else None,
            language=spoken.code if spoken is not None and spoken.interface else DEFAULT_LANGUAGE,
            zone=user.zone or (home.zone if home is not None else "UTC"),
        )
