"""Kontor's public face for addons: ``from core import Model, fields, computed, transition, …``

Everything an addon needs stands here; the rest of ``core`` is the kernel's own business and may change.
"""

from core import errors
from core.addon.hookspecs import hookimpl, hookspec
from core.env import Env, current
from core.errors import (
    AccessError,
    AssemblyError,
    ConflictError,
    NotActive,
    NotFound,
    Refusal,
    TransitionRefused,
    UserError,
    ValidationError,
)
from core.i18n import _
from core.jobs.outbox import job
from core.orm import public_fields as fields
from core.orm.fields import computed
from core.orm.files import StoredFile
from core.orm.model import Model, check, constraint, onchange, unique
from core.orm.security import EVERYONE, Principal, group, rights, rule
from core.orm.states import action, guard, transition

__all__ = [
    "EVERYONE",
    "AccessError",
    "AssemblyError",
    "ConflictError",
    "Env",
    "Model",
    "NotActive",
    "NotFound",
    "Principal",
    "Refusal",
    "StoredFile",
    "TransitionRefused",
    "UserError",
    "ValidationError",
    "_",
    "action",
    "check",
    "computed",
    "constraint",
    "current",
    "errors",
    "fields",
    "group",
    "guard",
    "hookimpl",
    "hookspec",
    "job",
    "onchange",
    "rights",
    "rule",
    "transition",
    "unique",
]
