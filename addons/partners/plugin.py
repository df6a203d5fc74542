"""What partners answers to the kernel and to its own hooks."""

from __future__ import annotations

from addons.partners.lookup import by_numbers
from addons.partners.models import Partner
from core import Env, hookimpl


@hookimpl
def partners_duplicates(env: Env, numbers: list[str]) -> list[Partner]:
    return by_numbers(env, numbers)
