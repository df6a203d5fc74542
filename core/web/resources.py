"""What addresses lead to, and who may go there.

    /app                          the menus           Application
    /app/{model}                  a list              Collection
    /app/{model}/new              a new record        NewRecord      POST creates
    /app/{model}/{id}             a record            RecordAt       POST saves
    …/draft  …/do/{name}  …/lookup/{field}  …/file/{field}  …/duplicate  …/delete  …/thread  …/previous  …/next

Nothing is open that does not say so: the default permission is one that nobody has. A model that the user may not read
does not exist for it, nor does a record that its rules hide: both are 404, like an address that was never there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyramid.interfaces import ISecurityPolicy
from pyramid.security import Allowed, Denied
from zope.interface import implementer

if TYPE_CHECKING:
    from pyramid.config import Configurator
    from pyramid.request import Request

    from core.orm.assemble import ModelInfo

PUBLIC = "public"
MEMBER = "member"
NOBODY = "nobody"
_MAX_ID = 2**63


class Resource:
    """A step of an address."""

    __name__: str | None = None
    __parent__: Resource | None = None

    def __init__(self, parent: Resource | None, name: str | None, request: Request) -> None:
        self.__parent__ = parent
        self.__name__ = name
        self.request = request

    def path(self) -> str:
        """The address, without a slash at its end."""
        if self.__parent__ is None:
            return str(self.request.script_name)
        return f"{self.__parent__.path()}/{self.__name__}"


class Root(Resource):
    """The top of an application."""

    def __init__(self, request: Request) -> None:
        super().__init__(None, None, request)

    def __getitem__(self, name: str) -> Resource:
        if name == "app":
            return Application(self, name, self.request)
        raise KeyError(name)


class Application(Resource):
    """``/app``: the models that the user may read."""

    def __getitem__(self, name: str) -> Resource:
        if not self.request.visit.known:
            return Unknown(self, name, self.request)
        env = self.request.env
        info = env.models.get(name)
        if info is None or info.owner is not None or not env.may(name, "read"):
            raise KeyError(name)
        return Collection(self, name, self.request, info)


class Unknown(Resource):
    """Anywhere behind the log-in, for whoever has not logged in: whether it exists is not told."""

    def __getitem__(self, name: str) -> Resource:
        return Unknown(self, name, self.request)


class Collection(Resource):
    """The records of a model."""

    def __init__(self, parent: Resource | None, name: str, request: Request, info: ModelInfo) -> None:
        super().__init__(parent, name, request)
        self.info = info

    def __getitem__(self, name: str) -> Resource:
        if name == "new":
            if not self.request.env.may(self.info.name, "create"):
                raise KeyError(name)
            return NewRecord(self, name, self.request, self.info)
        if name.isascii() and name.isdigit() and name[0] != "0" and int(name) < _MAX_ID:
            return RecordAt(self, name, self.request, self.info)
        raise KeyError(name)


class OneRecord(Resource):
    """A record, there already or not."""

    id: int | None = None

    def __init__(self, parent: Resource | None, name: str, request: Request, info: ModelInfo) -> None:
        super().__init__(parent, name, request)
        self.info = info

    @property
    def collection(self) -> str:
        """The address of the list."""
        return self.__parent__.path() if self.__parent__ is not None else ""


class NewRecord(OneRecord):
    """A record that is being typed."""


class RecordAt(OneRecord):
    """The record with this id; whether there is one that the user may see, the page finds out when it reads."""

    def __init__(self, parent: Resource | None, name: str, request: Request, info: ModelInfo) -> None:
        super().__init__(parent, name, request, info)
        self.id = int(name)


@implementer(ISecurityPolicy)
class Policy:
    """Permissions of Pyramid's views: ``public``, ``member``, and the operations on the model of the resource."""

    def identity(self, request: Request) -> Any:
        return request.visit if request.visit.known else None

    def authenticated_userid(self, request: Request) -> str | None:
        return str(request.visit.user_id) if request.visit.known else None

    def permits(self, request: Request, context: Any, permission: str) -> Any:
        if permission == PUBLIC:
            return Allowed("public")
        if not request.visit.known:
            return Denied("not logged in")
        if permission == MEMBER:
            return Allowed("logged in")
        info = getattr(context, "info", None)
        if info is not None and permission in ("read", "create", "write", "delete"):
            return Allowed(permission) if request.env.may(info.name, permission) else Denied(permission)
        return Denied("nobody may")

    def remember(self, request: Request, userid: str, **options: Any) -> list[tuple[str, str]]:
        return []

    def forget(self, request: Request, **options: Any) -> list[tuple[str, str]]:
        return []


def includeme(config: Configurator) -> None:
    config.set_root_factory(Root)
    config.set_security_policy(Policy())
    config.set_default_permission(NOBODY)
