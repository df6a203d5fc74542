"""The hooks of one addon set: who answers, in which order, and who is to blame.

    specs:    core.addon.hookspecs, then hookspecs.py of each addon
    plugins:  for each addon in dependency order: stock plugin, plugin.py, parts that are active in this set

pluggy calls the plugin that was registered last first; ``Hooks`` turns the answers round, so that they come in
dependency order. This is the only file that imports addons' Python; whatever goes wrong there is an ``AssemblyError``
with addon, file and line.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import pkgutil
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, ParamSpec, TypeVar

import pluggy
from sqlalchemy.exc import SQLAlchemyError
from transaction.interfaces import TransientError

from core.addon import hookspecs
from core.addon.hookspecs import PROJECT, hookimpl
from core.addon.manifest import Manifest
from core.errors import AssemblyError, KontorError, Where, close_match

TRACE = "KONTOR_TRACE_HOOKS"
#: what a request is retried for, or shown to the user: never hidden behind another error
_THROUGH = (KontorError, SQLAlchemyError, TransientError)

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class HookFailure(KontorError):
    """An addon failed while it answered a hook; the original error is its cause."""

    def __init__(self, hook: str, error: Exception, where: Where) -> None:
        self.hook = hook
        self.where = where
        super().__init__(f"{where}: hook '{hook}' failed with {type(error).__name__}: {error}")


@dataclass(frozen=True)
class Implementer:
    """One function that answers a hook."""

    addon: str
    plugin: str
    file: str
    line: int


class Hooks:
    """Asks the addons of one set. Immutable once built; safe to use from any thread."""

    def __init__(self, manifests: Sequence[Manifest]) -> None:
        self.manifests = tuple(manifests)
        self.specs: dict[str, Callable[..., Any]] = {}
        self._addon_of: dict[str, str] = {}  # plugin name -> addon
        self._manager = pluggy.PluginManager(PROJECT)
        self._about_itself: dict[tuple[str, str], pluggy.HookCaller] = {}

    def call(self, name: str, /, **arguments: Any) -> list[Any]:
        """All answers that are not None, in dependency order.

        A hook that is asked of one addon about itself reaches that addon only. Raises ``AttributeError`` for a hook
        that nobody specified, ``TypeError`` for wrong arguments, ``HookFailure`` for an addon that fails.
        """
        caller = self._caller(name, arguments)
        try:
            answers: list[Any] = caller(**arguments)
            answers = [list(one) if inspect.isgenerator(one) else one for one in answers]
        except Exception as error:
            where = self._blame(caller, error)
            if isinstance(error, _THROUGH):
                if not isinstance(error, KontorError):
                    error.add_note(f"in hook '{name}', {where}")
                raise
            raise HookFailure(name, error, where) from error
        answers.reverse()
        return answers

    def collect(self, name: str, /, **arguments: Any) -> list[Any]:
        """The answers of a hook that asks for collections, joined to one list."""
        return [item for answer in self.call(name, **arguments) for item in answer]

    def of(self, spec: Callable[Arguments, Answer]) -> Callable[Arguments, list[Answer]]:
        """The hook with this specification, typed: ``hooks.of(orders_confirmed)(order=order)``."""

        def asked(*positional: Arguments.args, **named: Arguments.kwargs) -> list[Answer]:
            if positional:
                raise TypeError(f"hook '{spec.__name__}' takes its arguments by name")
            return self.call(spec.__name__, **named)

        return asked

    def __getattr__(self, name: str) -> Callable[..., list[Any]]:
        if name.startswith("_") or name not in self.specs:
            raise AttributeError(self._unknown(name))
        return lambda **arguments: self.call(name, **arguments)

    def implementers(self, name: str) -> list[Implementer]:
        """Who answers the hook, in dependency order."""
        if name not in self.specs:
            raise AttributeError(self._unknown(name))
        implementations = getattr(self._manager.hook, name).get_hookimpls()
        return [
            Implementer(self._addon_of[one.plugin_name], one.plugin_name, *_place(one.function))
            for one in implementations
        ]

    def _unknown(self, name: str) -> str:
        hint = close_match(name, self.specs)
        return f"there is no hook '{name}'" + (f"; {hint}" if hint else "")

    def _caller(self, name: str, arguments: Mapping[str, Any]) -> pluggy.HookCaller:
        spec = self.specs.get(name)
        if spec is None:
            raise AttributeError(self._unknown(name))
        wanted = inspect.signature(spec).parameters.keys()
        if wanted != arguments.keys():
            raise TypeError(f"hook '{name}' takes {', '.join(wanted)}, not {', '.join(arguments) or 'nothing'}")
        caller: pluggy.HookCaller = getattr(self._manager.hook, name)
        if "kontor_about_itself" not in spec.__dict__:
            return caller
        addon = arguments["addon"].name
        found = self._about_itself.get((name, addon))
        if found is None:
            others = [plugin for title, plugin in self._manager.list_name_plugin() if self._addon_of[title] != addon]
            found = self._manager.subset_hook_caller(name, others)
            self._about_itself[name, addon] = found
        return found

    def _blame(self, caller: pluggy.HookCaller, error: Exception) -> Where:
        """The implementation that the traceback went through, with the deepest line inside its addon."""
        places = list(_frames(error.__traceback__))
        codes = {getattr(one.function, "__code__", None): one for one in caller.get_hookimpls()}
        blamed = next((codes[code] for code, _, _ in places if code in codes), None)
        if blamed is None:
            return Where()
        addon = self._addon_of[blamed.plugin_name]
        folder = next(one.path for one in self.manifests if one.name == addon)
        inside = [(file, line) for _, file, line in places if Path(file).is_relative_to(folder)]
        file, line = inside[-1] if inside else _place(blamed.function)
        return Where(addon, file, line)


def build_plugins(manifests: Sequence[Manifest]) -> Hooks:
    """The hooks of an addon set. ``manifests`` are in dependency order, as ``graph.closure`` gives them.

    Imports ``hookspecs.py``, ``plugin.py`` and active parts of every addon. Raises ``AssemblyError``.
    """
    hooks = Hooks(manifests)
    _add_specs(hooks, "kontor", hookspecs, Where(None, hookspecs.__file__))
    for manifest in manifests:
        module = load(manifest, "hookspecs")
        if module:
            _add_specs(hooks, manifest.name, module, Where(manifest.name, module.__file__))
    installed = frozenset(one.name for one in manifests)
    for manifest in manifests:
        _register(hooks, manifest, StockPlugin(manifest), f"{manifest.name} (folders)")
        module = load(manifest, "plugin")
        if module:
            _register(hooks, manifest, module, manifest.name)
        for part in manifest.parts(installed):
            _add_part(hooks, manifest, part)
    _check_pending(hooks)
    if os.environ.get(TRACE, "0") not in ("", "0"):
        _trace(hooks)
    return hooks


def load(manifest: Manifest, name: str) -> ModuleType | None:
    """Import a module of an addon, ``"models.order"``, or answer None when it has none of that name."""
    base = manifest.path.joinpath(*name.split("."))
    if not (base.with_suffix(".py").is_file() or base.is_dir()):
        return None
    _make_importable(manifest)
    full = f"{manifest.package}.{name}"
    try:
        module = importlib.import_module(full)
    except AssemblyError as error:
        if error.where.addon or error.where.file:
            raise
        raise AssemblyError(error.message, fault_place(manifest, error), error.hint) from error
    except Exception as error:
        message = f"{full} cannot be imported: {type(error).__name__}: {error}"
        raise AssemblyError(message, fault_place(manifest, error), _import_hint(manifest, error)) from error
    found = Path(module.__file__ or next(iter(module.__path__))).resolve()
    if not found.is_relative_to(manifest.path.resolve()):
        raise AssemblyError(f"'{full}' is imported from {found}", manifest.where(), "another package hides the addon")
    return module


def load_file(manifest: Manifest, path: Path) -> ModuleType:
    """Run a file of an addon that lies where nothing can be imported from, such as ``migrations/1.1/post_01_x.py``."""
    _make_importable(manifest)
    name = "_".join(path.relative_to(manifest.path).with_suffix("").parts).replace(".", "_")
    spec = importlib.util.spec_from_file_location(f"{manifest.package}.{name}", path)
    if spec is None or spec.loader is None:
        raise AssemblyError("is no Python file", Where(manifest.name, path))
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except KontorError:
        raise
    except Exception as error:
        message = f"{path.name} cannot be loaded: {type(error).__name__}: {error}"
        raise AssemblyError(message, fault_place(manifest, error), _import_hint(manifest, error)) from error
    return module


class StockPlugin:
    """Answers for an addon from what lies in its folder, or in the folder of one of its parts."""

    def __init__(self, manifest: Manifest, part: str = "") -> None:
        self.manifest = manifest
        self.part = part
        self.folder = manifest.path.joinpath(*part.split(".")) if part else manifest.path

    @hookimpl
    def kontor_models(self, addon: Manifest) -> Iterable[type]:
        return _classes(self.manifest, self._module("models"))

    @hookimpl
    def kontor_rules(self, addon: Manifest) -> Iterable[ModuleType]:
        module = self._module("security")
        return [module] if module else []

    @hookimpl
    def kontor_views(self, addon: Manifest) -> Iterable[Path]:
        return self._files("views")

    @hookimpl
    def kontor_menus(self, addon: Manifest) -> Iterable[Path]:
        return self._files("menus")

    @hookimpl
    def kontor_data(self, addon: Manifest, demo: bool) -> Iterable[Path]:
        if self.part:
            return self._files("demo" if demo else "data")
        return self.manifest.demo if demo else self.manifest.data

    @hookimpl
    def kontor_jobs(self, addon: Manifest) -> Iterable[ModuleType]:
        module = self._module("jobs")
        return [module] if module else []

    def _module(self, name: str) -> ModuleType | None:
        return load(self.manifest, f"{self.part}.{name}" if self.part else name)

    def _files(self, folder: str) -> list[Path]:
        return sorted((self.folder / folder).glob("*.xml"))


class PartModels:
    """Answers with the model classes of a part that is one file."""

    def __init__(self, manifest: Manifest, module: ModuleType) -> None:
        self.manifest = manifest
        self.module = module

    @hookimpl
    def kontor_models(self, addon: Manifest) -> Iterable[type]:
        return _classes(self.manifest, self.module)


def _classes(manifest: Manifest, module: ModuleType | None) -> list[type]:
    """Classes defined in a module, and in all modules of it if it is a package, in the order they were defined."""
    if module is None:
        return []
    modules = [module]
    for found in sorted(pkgutil.iter_modules(getattr(module, "__path__", ())), key=lambda one: one.name):
        inner = load(manifest, f"{module.__name__}.{found.name}".removeprefix(f"{manifest.package}."))
        modules += [inner] if inner else []
    order = {name: number for number, name in enumerate(sys.modules)}
    modules.sort(key=lambda one: order[one.__name__])
    return [
        value
        for one in modules
        for value in vars(one).values()
        if isinstance(value, type) and value.__module__ == one.__name__
    ]


def _add_specs(hooks: Hooks, prefix: str, module: ModuleType, where: Where) -> None:
    for name, function in vars(module).items():
        if not hasattr(function, f"{PROJECT}_spec"):
            continue
        place = Where(where.addon, *_place(function))
        if not name.startswith(f"{prefix}_"):
            raise AssemblyError(f"hook '{name}' must begin with '{prefix}_'", place, f"call it '{prefix}_{name}'")
        if name in hooks.specs:
            other = _place(hooks.specs[name])
            raise AssemblyError(f"hook '{name}' is specified twice: also in {other[0]}:{other[1]}", place)
        if "kontor_about_itself" in function.__dict__ and "addon" not in inspect.signature(function).parameters:
            raise AssemblyError(f"hook '{name}' is asked of one addon and must take 'addon'", place)
        if getattr(function, f"{PROJECT}_spec")["firstresult"]:
            raise AssemblyError(f"hook '{name}': firstresult is not allowed", place, "decide among all answers")
        hooks.specs[name] = function
    hooks._manager.add_hookspecs(module)


def _register(hooks: Hooks, manifest: Manifest, plugin: object, name: str) -> None:
    for title, value in inspect.getmembers(plugin, callable):
        options = getattr(value, f"{PROJECT}_impl", None)
        if options is None:
            own = getattr(value, "__module__", None) == getattr(plugin, "__name__", "")
            if isinstance(plugin, ModuleType) and own and title in hooks.specs:
                message = f"'{title}' is named like a hook but not marked"
                raise AssemblyError(message, Where(manifest.name, *_place(value)), "put @hookimpl above it")
            continue
        place = Where(manifest.name, *_place(value))
        if options["tryfirst"] or options["trylast"]:
            raise AssemblyError(f"hook '{title}': tryfirst and trylast are not allowed", place, "use depends or with")
        spec = hooks.specs.get(options.get("specname") or title)
        if spec is not None:
            _check_arguments(title, value, spec, place)
    hooks._addon_of[name] = manifest.name
    hooks._manager.register(plugin, name)


def _check_arguments(title: str, function: Callable[..., Any], spec: Callable[..., Any], place: Where) -> None:
    offered = list(inspect.signature(spec).parameters)
    for argument, parameter in inspect.signature(function).parameters.items():
        if argument not in offered and parameter.default is parameter.empty:
            hint = close_match(argument, offered) or f"it has: {', '.join(offered)}"
            raise AssemblyError(f"hook '{title}' has no argument '{argument}'", place, hint)


def _add_part(hooks: Hooks, manifest: Manifest, part: str) -> None:
    """A part is one file with models and hooks, or a folder of the same shape as an addon."""
    name = f"{manifest.name}: {part}"
    folder = manifest.path.joinpath(*part.split("."))
    if folder.is_dir():
        _register(hooks, manifest, StockPlugin(manifest, part), f"{name} (folders)")
        module = load(manifest, f"{part}.plugin")
    else:
        module = load(manifest, part)
        if module:
            _register(hooks, manifest, PartModels(manifest, module), f"{name} (models)")
    if module:
        _register(hooks, manifest, module, name)


def _check_pending(hooks: Hooks) -> None:
    """Every implementation has a specification, unless it is optional and its addon is not installed."""
    installed = {one.name for one in hooks.manifests} | {"kontor"}
    for title, plugin in hooks._manager.list_name_plugin():
        for caller in hooks._manager.get_hookcallers(plugin) or []:
            if caller.has_spec():
                continue
            for one in caller.get_hookimpls():
                foreign = not any(caller.name.startswith(f"{addon}_") for addon in installed)
                if one.plugin is not plugin or (one.optionalhook and foreign):
                    continue
                near = close_match(caller.name, hooks.specs)
                hint = near or "is the addon that offers it in depends? Otherwise mark it optionalhook=True"
                where = Where(hooks._addon_of[title], *_place(one.function))
                raise AssemblyError(f"there is no hook '{caller.name}'", where, hint)


def _trace(hooks: Hooks) -> None:
    clock = threading.local()

    def before(name: str, implementations: Sequence[pluggy.HookImpl], arguments: Mapping[str, Any]) -> None:
        clock.started = [*getattr(clock, "started", []), time.perf_counter()]

    def after(
        outcome: pluggy.Result[Any], name: str, implementations: Sequence[pluggy.HookImpl], arguments: Mapping[str, Any]
    ) -> None:
        spent = (time.perf_counter() - clock.started.pop()) * 1000
        given = ", ".join(f"{key}={_short(value)}" for key, value in arguments.items())
        who = ", ".join(one.plugin_name for one in implementations) or "nobody"
        answer = f"raised {outcome.exception!r}" if outcome.exception else _short(list(reversed(outcome.get_result())))
        sys.stderr.write(f"hook {name}({given}) asked {who}: {answer} in {spent:.1f} ms\n")

    hooks._manager.add_hookcall_monitoring(before, after)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _make_importable(manifest: Manifest) -> None:
    root = str(manifest.path.parents[manifest.package.count(".")])
    if root not in sys.path:
        sys.path.append(root)
        importlib.invalidate_caches()


def _place(function: Callable[..., Any]) -> tuple[str, int]:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else ("", 0)


def _frames(traceback: TracebackType | None) -> Iterator[tuple[object, str, int]]:
    while traceback:
        code = traceback.tb_frame.f_code
        yield code, code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next


def fault_place(manifest: Manifest, error: Exception) -> Where:
    """The deepest line inside the addon, or the line of a syntax error."""
    if isinstance(error, SyntaxError) and error.filename:
        return Where(manifest.name, error.filename, error.lineno)
    inside = [(file, line) for _, file, line in _frames(error.__traceback__) if _is_inside(file, manifest.path)]
    file, line = inside[-1] if inside else (str(manifest.path), None)
    return Where(manifest.name, file, line)


def _is_inside(file: str, folder: Path) -> bool:
    return not file.startswith("<") and Path(file).resolve().is_relative_to(folder.resolve())


def _import_hint(manifest: Manifest, error: Exception) -> str | None:
    if not isinstance(error, ImportError):
        return None
    wrong = re.search(r"cannot import name '(\w+)'", str(error))
    if wrong and error.name in sys.modules:
        return close_match(wrong[1], vars(sys.modules[error.name]))
    other = (error.name or "").removeprefix(manifest.package.rpartition(".")[0] + ".").split(".")[0]
    if wrong is None and error.name and error.name != other and other not in (manifest.name, *manifest.needs):
        return f"is '{other}' in depends?"
    return None
