"""The hooks that partners offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import hookspec

if TYPE_CHECKING:
    from addons.partners.models import Partner
    from core import Env


@hookspec
def partners_duplicates(env: Env, name: str, numbers: list[str]) -> list[Partner]:
    """Partners that may be the one that somebody is about to enter.

    Asked before a partner is made from a telephone call. ``numbers`` are in E.164. partners answers itself with those
    who have one of the numbers::

        @hookimpl
        def partners_duplicates(env, name, numbers):
            return ordered_before_from(env, numbers)
    """
    raise NotImplementedError
