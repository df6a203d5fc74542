"""The Jinja2 environment of compiled views: everything is escaped, what is missing is an error, and escaping is cheap.

Jinja2 wraps each escaped value into a new ``Markup`` before it joins the page, which costs more than the escaping and
was half the time of a page of eighty rows. Pages need the characters only, so the generated code calls ``escaped``
instead: the same text, as a plain string. ``code_generator_class`` is the place that Jinja2 provides for this.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from types import CodeType
from typing import Any

from jinja2 import Environment, StrictUndefined, Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from markupsafe import Markup, escape

from core.views.format import FILTERS
from core.views.source import block_name, lines_block

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


def draw(template: Template, context: Mapping[str, Any], part: str | None = None) -> Markup:
    """The whole view, or a part of it alone.

    ``part``: a field's path, the anchor of a box, "header", "rows" of a list, the strip of tabs as "tabs[…]/strip", a
    cell of lines as "lines.article" with its row as ``row`` in the context, or the sum of a column as "lines+net".
    """
    if part is None:
        return Markup(template.render(context))  # noqa: S704  a template's output
    name, cell = block_of(template.blocks, part)
    values = {**context, "cell": cell} if cell else dict(context)
    return Markup("".join(template.blocks[name](template.new_context(values))))  # noqa: S704


def block_of(blocks: Container[str], part: str) -> tuple[str, str]:
    """The block that draws ``part``, and which cell of it. ``LookupError`` if the view has no such part."""
    if part in blocks:
        return part, ""
    if part.endswith("/strip"):
        return f"s_{part.removesuffix(']/strip').replace('[', '_')}", ""
    if "+" not in part and block_name(part) in blocks:
        return block_name(part), ""
    lines, sign, column = part.partition("+" if "+" in part else ".")
    if "[" in lines or lines_block(lines) not in blocks:
        raise LookupError(f"the view has no part '{part}'")
    return lines_block(lines), f"+{column}" if sign == "+" else column


def environment() -> Environment:
    """An environment for compiled views."""
    return install(Environment(autoescape=True, undefined=StrictUndefined, auto_reload=False))


def install(environment: Environment) -> Environment:
    """Give ``environment``, which must escape by itself, what compiled views use."""
    environment.filters.update(FILTERS)
    environment.code_generator_class = _Generator
    return environment
