"""Does a tree fit the grammar, and if not, what is wrong in words that help?

RelaxNG decides (``grammar/kontor.rng`` with all that it includes). Its messages name the wrong node badly, so the
same grammar is then read as a table (which element knows which attributes and children) and walked beside the tree:
the first thing that does not fit is named with the nearest word that would.

    form.group ──element──► <group>  attributes: name (needed), label, columns in 1 2 3 4 …   children: field, group …
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import cast

from lxml import etree

from core import xml
from core.errors import AssemblyError, Where, close_match
from core.views.nodes import Element, plain_attributes, where

GRAMMAR = Path(__file__).parent / "grammar" / "kontor.rng"
_RNG = "{http://relaxng.org/ns/structure/1.0}"


def check_file(tree: xml.Tree, place: Where) -> None:
    """A file as it was read. Raises ``AssemblyError``."""
    try:
        xml.validate(tree, GRAMMAR, place)
    except AssemblyError as error:
        raise _explained(tree.getroot(), error, place) from None


def check_view(view: Element) -> None:
    """One view after all extensions. Raises ``AssemblyError`` at the place of the node that does not fit."""
    root = etree.Element("kontor")
    root.append(deepcopy(view))
    for node in root.iter():
        for name in [name for name in node.attrib if str(name).startswith("{")]:
            del node.attrib[name]
    try:
        xml.validate(root.getroottree(), GRAMMAR, where(view))
    except AssemblyError as error:
        outside = etree.Element("kontor")
        outside.append(deepcopy(view))
        raise _explained(outside, error, where(view)) from None


@dataclass
class Attribute:
    needed: bool
    values: tuple[str, ...] = ()
    pattern: str | None = None


@dataclass
class Words:
    """What the grammar says of one element. ``once``: children that there is one of; ``open``: anything goes."""

    attributes: dict[str, Attribute] = field(default_factory=dict)
    children: dict[str, list[Element]] = field(default_factory=dict)
    once: set[str] = field(default_factory=set)
    open: bool = False


def _explained(root: Element, error: AssemblyError, place: Where) -> AssemblyError:
    for message, node, hint, attribute in _faults(root, [_start()]):
        found = where(node, attribute)
        if found.file is None:
            found = Where(place.addon, place.file, cast("int | None", node.sourceline))
        return AssemblyError(message, found, hint)
    return error


_Fault = tuple[str, Element, str | None, str | None]


def _faults(node: Element, choices: list[Element]) -> Iterator[_Fault]:
    words = [_words(one) for one in choices]
    # several declarations of one tag: the one that fits best explains best
    best = min((list(_own_faults(node, one)) for one in words), key=len)
    yield from best
    if any(one.open for one in words):
        return
    children: dict[str, list[Element]] = {}
    for one in words:
        for tag, declared in one.children.items():
            children.setdefault(tag, []).extend(declared)
    seen: set[str] = set()
    for child in node:
        tag = str(child.tag)
        if tag in seen and all(tag in one.once for one in words):
            yield f"there is a second <{tag}> in <{node.tag}>", child, "put both together", None
        seen.add(tag)
        if tag in children:
            yield from _faults(child, children[tag])
            continue
        known = ", ".join(f"<{one}>" for one in sorted(children)) or "nothing"
        message = f"<{tag}> cannot stand in <{node.tag}>; it may hold {known}"
        yield message, child, close_match(tag, children), None


def _own_faults(node: Element, words: Words) -> Iterator[_Fault]:
    given = plain_attributes(node)
    for name, value in given.items():
        known = words.attributes.get(name)
        if known is None:
            if node.tag != "set":
                message = f"<{node.tag}> has no attribute '{name}'; it knows {', '.join(sorted(words.attributes))}"
                yield message, node, close_match(name, words.attributes), name
        elif known.values and value not in known.values:
            message = f'{name}="{value}" of <{node.tag}> is not one of: {", ".join(known.values)}'
            yield message, node, close_match(value, known.values), name
        elif known.pattern and not re.fullmatch(known.pattern, value):
            hint = "lower-case letters, digits and _" if known.pattern.startswith("[a-z]") else None
            yield f'{name}="{value}" of <{node.tag}> is not well-formed', node, hint, name
        elif not value.strip() and node.tag != "set":
            yield f"{name} of <{node.tag}> is empty", node, None, name
    for name, known in words.attributes.items():
        if known.needed and name not in given:
            yield f"<{node.tag}> needs the attribute '{name}'", node, None, None


@lru_cache(maxsize=1)
def _defines() -> dict[str, list[Element]]:
    found: dict[str, list[Element]] = {}
    for path in sorted(GRAMMAR.parent.glob("*.rng")):
        for define in xml.parse(path).getroot().iter(f"{_RNG}define"):
            found.setdefault(str(define.get("name")), []).append(define)
    return found


@lru_cache(maxsize=1)
def _start() -> Element:
    start = xml.parse(GRAMMAR).getroot().find(f"{_RNG}start/{_RNG}element")
    if start is None:
        raise AssemblyError("the grammar of views has no start", Where(None, GRAMMAR))
    return start


@lru_cache(maxsize=256)
def _words(element: Element) -> Words:
    words = Words()
    _collect(element, words, needed=True)
    return words


def _collect(pattern: Element, words: Words, needed: bool, once: bool = False) -> None:
    for part in pattern:
        kind = str(part.tag).removeprefix(_RNG)
        if kind == "ref":
            for define in _defines()[str(part.get("name"))]:
                _collect(define, words, needed, once)
        elif kind == "element":
            if part.get("name"):
                words.children.setdefault(str(part.get("name")), []).append(part)
                if once:
                    words.once.add(str(part.get("name")))
            else:
                words.open = True
        elif kind == "attribute":
            if part.get("name"):
                words.attributes[str(part.get("name"))] = _attribute(part, needed)
        elif kind in ("optional", "zeroOrMore", "choice"):
            _collect(part, words, needed=False, once=kind == "optional")
        else:
            _collect(part, words, needed)


def _attribute(part: Element, needed: bool) -> Attribute:
    inside = [part]
    for ref in part.iter(f"{_RNG}ref"):
        inside += _defines()[str(ref.get("name"))]
    values = tuple((one.text or "").strip() for top in inside for one in top.iter(f"{_RNG}value"))
    patterns = [one.text for top in inside for one in top.iter(f"{_RNG}param") if one.get("name") == "pattern"]
    return Attribute(needed, values, patterns[0] if patterns else None)
