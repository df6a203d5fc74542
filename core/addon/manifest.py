"""``addon.toml``: what an addon says about itself, read without importing any of its code.

    name = "orders"                         # the folder's name
    version = "1.0"
    title = "Orders"
    summary = "Customers' orders, from draft to delivered"
    category = "Sales"
    license = "LGPL-3.0-or-later"
    author = "…"
    kernel = ">=0.1,<1"                     # versions of the kernel it works with
    depends = ["offers>=1.0", "tax"]        # must be installed, come first
    with = ["stock"]                        # come first if installed
    excludes = ["other_orders"]             # cannot be installed beside it
    application = true                      # offered to users as a whole, not only as a part of others
    data = ["data/sequence.xml"]            # in this order; folders may be named, too
    demo = ["demo/orders.xml"]
    python = ["typst>=0.14"]                # Python packages that must be there

    [load."orders+stock"]                   # code that is loaded only where all of these are installed
    modules = ["beside_stock"]

Unknown keys, wrong types and files that do not exist are errors with the line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as PythonRequirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from core.errors import AssemblyError, Where, close_match

FILE = "addon.toml"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_REQUIREMENT = re.compile(r"\s*([A-Za-z][\w.-]*)\s*(.*)")
_TEXTS = ("version", "title", "summary", "category", "license", "author", "kernel")
_LISTS = ("depends", "with", "excludes", "data", "demo", "python")
_REQUIRED = ("name", "version", "title")
KEYS = ("name", *_TEXTS, *_LISTS, "application", "load")
#: names that would make hooks, tables or imports ambiguous
RESERVED = frozenset({"kontor", "kernel", "core", "addons", "tests"})


@dataclass(frozen=True)
class Requirement:
    """Another addon, and the versions of it that will do."""

    name: str
    versions: SpecifierSet = field(default_factory=SpecifierSet)

    def __str__(self) -> str:
        return f"{self.name}{self.versions}"

    def accepts(self, version: str) -> bool:
        return self.versions.contains(version, prereleases=True)


@dataclass(frozen=True)
class LoadPart:
    """Modules of an addon that are loaded only where all addons of ``when`` (itself included) are installed."""

    when: frozenset[str]
    modules: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Where in the file a key or a value stands."""

    path: Path
    text: str = field(repr=False)

    def line(self, key: str, value: str | None = None, table: str = "") -> int:
        """Line of ``key`` in ``[table]``, or of ``value`` inside that key's value; 1 when it cannot be told."""
        current, found = "", 0
        for number, line in enumerate(self.text.splitlines(), 1):
            if found:
                if value is not None and _quotes(line, value):
                    return number
                if re.match(r"\s*([\w\"'+.-]+\s*=|\[\s*[\w\"'])", line) and not re.match(r"\s*[\"'].*[\"']\s*,", line):
                    return found
                continue
            header = re.match(r"\s*\[\s*(.+?)\s*\]\s*(#.*)?$", line)
            if header:
                current = header[1].replace('"', "").replace("'", "")
                if table and current == table and not key:
                    return number
            elif current == table and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
                found = number
                if value is None or _quotes(line, value):
                    return number
        return found or 1


def _quotes(line: str, value: str) -> bool:
    return f'"{value}"' in line or f"'{value}'" in line


@dataclass(frozen=True, eq=False)
class Manifest:
    """One addon that could be installed. Two readings of the same file are two manifests."""

    name: str
    version: str
    title: str
    path: Path  # the addon's folder
    package: str  # its import name, "addons.orders"
    source: Source
    summary: str = ""
    category: str = ""
    license: str = ""
    author: str = ""
    kernel: SpecifierSet = field(default_factory=SpecifierSet)
    depends: tuple[Requirement, ...] = ()
    with_: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    application: bool = False
    data: tuple[Path, ...] = ()
    demo: tuple[Path, ...] = ()
    python: tuple[str, ...] = ()
    load: tuple[LoadPart, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    def __repr__(self) -> str:
        return f"<Manifest {self}>"

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the addons that it depends on directly."""
        return tuple(one.name for one in self.depends)

    def where(self, key: str = "name", value: str | None = None) -> Where:
        return Where(self.name, self.source.path, self.source.line(key, value))

    def parts(self, installed: frozenset[str]) -> tuple[str, ...]:
        """Modules of the ``[load]`` parts that are active where ``installed`` are installed."""
        return tuple(module for part in self.load if part.when <= installed for module in part.modules)


def read_manifest(path: Path, package: str | None = None) -> Manifest:
    """Read the addon in folder ``path`` (or its ``addon.toml``).

    ``package`` is its import name where that is not ``<parent folder>.<folder>``. Raises ``AssemblyError``.
    """
    folder = path.parent if path.name == FILE else path
    file = folder / FILE
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
        raise AssemblyError(f"cannot be read: {reason}", Where(folder.name, file)) from None
    return _Reader(folder, Source(file, text), package or f"{folder.parent.name}.{folder.name}").manifest()


class _Reader:
    """Checks one file key by key."""

    def __init__(self, folder: Path, source: Source, package: str) -> None:
        self.folder = folder
        self.source = source
        self.package = package
        self.values = self._toml()

    def manifest(self) -> Manifest:
        for key in self.values:
            if key not in KEYS:
                raise self.fault(f"unknown key '{key}'", key, hint=close_match(key, KEYS))
        for key in _REQUIRED:
            if key not in self.values:
                raise AssemblyError(f"'{key}' is missing", Where(self.folder.name, self.source.path, 1))
        name = self._name()
        texts = {key: self._text(key) for key in _TEXTS}
        lists = {key: self._list(key) for key in _LISTS}
        try:
            version = str(Version(texts["version"]))
        except InvalidVersion:
            raise self.fault(
                f"'{texts['version']}' is no version",
                "version",
                hint="like 1.0 or 1.2.1",
            ) from None
        application = self.values.get("application", False)
        if not isinstance(application, bool):
            raise self.fault("application must be true or false", "application")
        for requirement in lists["python"]:
            self._python(requirement)
        return Manifest(
            name=name,
            version=version,
            title=texts["title"],
            path=self.folder,
            package=self.package,
            source=self.source,
            summary=texts["summary"],
            category=texts["category"],
            license=texts["license"],
            author=texts["author"],
            kernel=self._specifier(texts["kernel"], "kernel", texts["kernel"]),
            depends=tuple(self._requirement(text) for text in lists["depends"]),
            with_=tuple(self._other(other, "with") for other in lists["with"]),
            excludes=tuple(self._other(other, "excludes") for other in lists["excludes"]),
            application=application,
            data=self._files("data", lists["data"]),
            demo=self._files("demo", lists["demo"]),
            python=lists["python"],
            load=self._load(name),
        )

    def fault(
        self,
        message: str,
        key: str,
        value: str | None = None,
        hint: str | None = None,
        table: str = "",
    ) -> AssemblyError:
        line = self.source.line(key, value, table)
        return AssemblyError(message, Where(self.folder.name, self.source.path, line), hint)

    def _toml(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.source.text)
        except tomllib.TOMLDecodeError as error:
            place = re.search(r" \(at line (\d+), column \d+\)| \(at end of document\)", str(error))
            line = int(place[1]) if place and place[1] else self.source.text.count("\n") + 1
            message = str(error)[: place.start()] if place else str(error)
            where = Where(self.folder.name, self.source.path, line)
            raise AssemblyError(f"not readable as TOML: {message}", where) from None

    def _name(self) -> str:
        name = self._text("name")
        if not NAME.fullmatch(name):
            raise self.fault(
                f"'{name}' is no addon name",
                "name",
                hint="small letters, digits and single underscores",
            )
        if name in RESERVED:
            raise self.fault(f"the name '{name}' is reserved", "name")
        if name != self.folder.name:
            raise self.fault(f"the name is '{name}' but the folder is '{self.folder.name}'", "name")
        return name

    def _text(self, key: str) -> str:
        value = self.values.get(key, "")
        if not isinstance(value, str):
            raise self.fault(f"{key} must be a text in quotes", key)
        if key in _REQUIRED and not value.strip():
            raise self.fault(f"{key} is empty", key)
        return value.strip()

    def _list(self, key: str) -> tuple[str, ...]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fault(f"{key} must be a list of texts", key, hint=f'like {key} = ["…", "…"]')
        twice = next((item for number, item in enumerate(value) if item in value[:number]), None)
        if twice is not None:
            raise self.fault(f"{key} names '{twice}' twice", key, twice)
        return tuple(value)

    def _specifier(self, text: str, key: str, value: str) -> SpecifierSet:
        try:
            return SpecifierSet(text)
        except InvalidSpecifier:
            raise self.fault(f"'{value}' has no range of versions", key, value, "like >=1.0,<2") from None

    def _requirement(self, text: str) -> Requirement:
        match = _REQUIREMENT.fullmatch(text)
        if not match:
            raise self.fault(
                f"'{text}' names no addon",
                "depends",
                text,
                'like "orders" or "orders>=1.2"',
            )
        name = self._other(match[1].strip(), "depends", text)
        return Requirement(name, self._specifier(match[2].strip(), "depends", text))

    def _other(self, name: str, key: str, value: str | None = None) -> str:
        if not NAME.fullmatch(name):
            raise self.fault(f"'{name}' is no addon name", key, value or name)
        if name == self.folder.name:
            raise self.fault(f"{key} names the addon itself", key, value or name)
        return name

    def _python(self, text: str) -> None:
        try:
            PythonRequirement(text)
        except InvalidRequirement:
            raise self.fault(
                f"'{text}' is no Python requirement",
                "python",
                text,
                "like package>=1.2",
            ) from None

    def _files(self, key: str, names: tuple[str, ...]) -> tuple[Path, ...]:
        files: list[Path] = []
        for name in names:
            path = self.folder / name
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise self.fault(f"{key}: '{name}' lies outside the addon", key, name)
            if path.is_dir():
                files += sorted(path.glob("*.xml"))
            elif path.is_file():
                files.append(path)
            else:
                near = [str(one.relative_to(self.folder)) for one in self.folder.glob("*/*.xml")]
                raise self.fault(
                    f"{key}: there is no file '{name}'",
                    key,
                    name,
                    close_match(name, near),
                )
        return tuple(files)

    def _load(self, name: str) -> tuple[LoadPart, ...]:
        tables = self.values.get("load", {})
        if not isinstance(tables, Mapping):
            raise self.fault("load must be tables", "load", hint=f'like [load."{name}+other"]')
        parts = []
        for key, table in tables.items():
            parts.append(self._part(name, key, table))
        return tuple(parts)

    def _part(self, name: str, key: str, table: object) -> LoadPart:
        section = f"load.{key}"
        others = [one.strip() for one in key.split("+")]
        for other in others:
            if not NAME.fullmatch(other):
                raise self.fault(f"load: '{other}' is no addon name", "", table=section)
        when = frozenset(others) | {name}
        if len(when) == 1:
            raise self.fault(f"load names no other addon than '{name}'", "", table=section)
        if not isinstance(table, Mapping) or set(table) != {"modules"}:
            raise self.fault(f"[{section}] must have one key, modules", "", table=section)
        modules = table["modules"]
        if not isinstance(modules, list) or not modules or not all(isinstance(one, str) for one in modules):
            raise self.fault("modules must be a list of module names", "modules", table=section)
        for module in modules:
            base = self.folder.joinpath(*module.split("."))
            if not (base.is_dir() or base.with_suffix(".py").is_file()):
                raise self.fault(f"there is no module '{module}'", "modules", module, table=section)
        return LoadPart(when, tuple(modules))
