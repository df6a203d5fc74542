"""The Jinja2 environment of compiled views: everything is escaped, what is missing is an error, and escaping is cheap.

Jinja2 wraps each escaped value into a new ``Markup`` before it joins the page, which costs more than the escaping and
was half the time of a page of eighty rows. Pages need the characters only, so the generated code calls ``escaped``
instead: the same text, as a plain string. ``code_generator_class`` is the place that Jinja2 provides for this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import CodeType
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape

from core.views.format import FILTERS

#: compiled code by source, oldest first
_codes: dict[str, CodeType] = {}
_KEPT = 4000
_special = re.compile("[&<>\"']").search


def escaped(value: Any) -> str:
    """What ``markupsafe.escape`` makes of ``value``, without wrapping it."""
    kind = type(value)
    if kind is Markup:
        return value  # type: ignore[no-any-return]
    if kind is str:
        return value if _special(value) is None else str(escape(value))
    return str(value) if kind is int else str(escape(value))


class _Generator(CodeGenerator):
    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802  Jinja2 calls it so
        self.writeline("from core.views.engine import escaped")
        super().visit_Template(node, frame)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("escaped(")


def compiled(source: str, environment: Environment) -> Template:
    """The template of ``source``. Its code is made once for the process and shared by all addon sets that have it;
    ``environment`` must be one of those made below."""
    code = _codes.get(source)
    if code is None:
        code = environment.compile(source)
        while len(_codes) >= _KEPT:
            _codes.pop(next(iter(_codes)), None)
        _codes[source] = code
    return environment.template_class.from_code(environment, code, environment.make_globals(None))


def draw(template: Template, context: Mapping[str, Any], block: str | None = None) -> Markup:
    """The whole view, or one of its blocks (``block_name``) alone."""
    if block is None:
        return Markup(template.render(context))  # noqa: S704  a template's output
    return Markup("".join(template.blocks[block](template.new_context(dict(context)))))  # noqa: S704


def environment() -> Environment:
    """An environment for compiled views."""
    return install(Environment(autoescape=True, undefined=StrictUndefined, auto_reload=False))


def install(environment: Environment) -> Environment:
    """Give ``environment``, which must escape by itself, what compiled views use."""
    environment.filters.update(FILTERS)
    environment.code_generator_class = _Generator
    return environment
