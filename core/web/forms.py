"""WTForms classes built from the fields of a view, and what was posted with them.

A class is made once for each view and set of bound fields: those that stand in the view and that its user may edit,
nothing else, so that no posted name reaches a field that the page did not offer. Lines are a form for each row, under
the keys of the page's rows. Texts are read in the user's language (parsing.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

import wtforms
from wtforms.form import BaseForm
from wtforms.meta import DefaultMeta

from core.i18n import _, translate
from core.web.parsing import Reader, Unreadable, whole

if TYPE_CHECKING:
    from core.views import FieldNode, LinesNode

MAX_ROWS = 2_000


class Values(dict[str, list[Any]]):
    """Posted values as WTForms wants them, without the quadratic cost of WebOb's mapping."""

    def getlist(self, name: str) -> list[Any]:
        return self.get(name, [])


# -- fields ---------------------------------------------------------------------------------------------------------


class Bound(wtforms.Field):
    """A field of a model in a posted form. ``posted``: it was among the values; ``text``: as it was typed."""

    def __init__(self, node: FieldNode, label: str | None = None, **options: Any) -> None:
        super().__init__(label, **options)
        self.node = node
        self.text = ""
        self.posted = False

    @property
    def reader(self) -> Reader:
        found: Reader = self.meta.reader
        return found

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:
            return
        self.posted = True
        self.text = str(valuelist[0]).replace("\r\n", "\n")
        self.data = self.reader.read(self.node.field, self.text)

    @property
    def fault(self) -> str:
        return str(self.process_errors[0]) if self.process_errors else ""


class BoundBoolean(Bound):
    """A check box: not posted when it is empty, which the binding tells from one that is not on the page."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.posted = bool(valuelist)
        self.text = "1" if valuelist and str(valuelist[0]) not in ("", "0") else ""
        self.data = bool(self.text)


class BoundChoice(Bound):
    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:
            return
        self.posted = True
        self.text = str(valuelist[0])
        self.data = self.text or None
        if self.data is not None and self.data not in self.node.field.choices:
            raise Unreadable(str(_("is none of the choices")))


class BoundLink(Bound):
    """The id of a linked record; ``words``: what stands in the visible part."""

    words = ""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        if formdata is not None:
            self.words = str((formdata.getlist(f"{self.name}-text") or [""])[0]).strip()
        super().process(formdata, data, extra_filters)

    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:
            return
        self.posted = True
        self.text = str(valuelist[0]).strip()
        self.data = None
        if self.text:
            self.data = whole(self.text)
            if self.data is None:
                raise Unreadable(str(_("There is no such record.")))
        elif self.words:
            raise Unreadable(str(_("No record was chosen for these words.")))


class BoundLinks(Bound):
    """Ids of several linked records; a companion tells that the control was on the page even if nothing is chosen."""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(formdata, data, extra_filters)
        if formdata is not None and formdata.getlist(f"{self.name}-set"):
            self.posted = True
            self.data = self.data or []

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = []
        for one in valuelist:
            key = whole(one)
            if key is None:
                raise Unreadable(str(_("There is no such record.")))
            self.data.append(key)
        self.posted = bool(valuelist)


class BoundFile(Bound):
    """An upload (``data``), or the wish to remove the file (``remove``)."""

    remove = False
    stored: Any = None

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(formdata, data, extra_filters)
        self.remove = formdata is not None and bool(formdata.getlist(f"{self.name}-remove"))

    def process_formdata(self, valuelist: list[Any]) -> None:
        upload = valuelist[0] if valuelist else None
        if hasattr(upload, "file") and getattr(upload, "filename", None):
            self.posted = True
            self.data = upload


class BoundJson(Bound):
    def process_formdata(self, valuelist: list[Any]) -> None:
        if not valuelist:
            return
        self.posted = True
        self.text = str(valuelist[0]).replace("\r\n", "\n").strip()
        try:
            found = json.loads(self.text) if self.text else None
            # Python reads NaN, half characters and NUL, which no database stores
            plain = json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError):
            plain = b"\\u0000"
        if b"\\u0000" in plain:
            raise Unreadable(str(_("is not valid JSON")))
        self.data = found


_KINDS: dict[str, type[Bound]] = {
    "boolean": BoundBoolean,
    "selection": BoundChoice,
    "many2one": BoundLink,
    "many2many": BoundLinks,
    "file": BoundFile,
    "image": BoundFile,
    "json": BoundJson,
}
#: kinds that no form binds: states change by transitions, references are chosen by code
UNBOUND = frozenset({"state", "reference", "one2many"})


# -- classes --------------------------------------------------------------------------------------------------------


class Meta(DefaultMeta):
    """What fields of a form share: how its user writes values."""

    csrf = False  # the session's token, checked before any view runs
    locales = False

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def get_translations(self, form: Any) -> Any:
        return _TRANSLATIONS


class _Translations:
    def gettext(self, text: str) -> str:
        return translate(text)

    def ngettext(self, one: str, many: str, count: int) -> str:
        return translate(one if count == 1 else many)


_TRANSLATIONS = _Translations()


class RecordForm(BaseForm):
    """Base of the classes that ``form_class`` makes; ``unbound`` are the fields of one of them."""

    unbound: ClassVar[dict[str, Any]] = {}

    def __init__(self, values: Values, meta: Meta, prefix: str = "") -> None:
        super().__init__(self.unbound, prefix=prefix, meta=meta)
        self.process(values)

    def field(self, path: str) -> Bound:
        """The field that is bound to ``path``."""
        found: Any = self._fields[path]
        return cast(Bound, found)

    def bound(self) -> Iterator[Bound]:
        """The fields of the record itself."""
        for one in self._fields.values():
            if isinstance(one, Bound):
                yield one

    def rows(self, name: str) -> dict[str, RecordForm]:
        """The rows of lines by their keys, in their order on the page."""
        found = self._fields.get(name)
        return found.forms if isinstance(found, Rows) else {}


class Rows(wtforms.Field):
    """A form for each row of a table of lines. (FieldList numbers its entries anew; a row's key never changes.)"""

    def __init__(self, row: type[RecordForm], label: str | None = None, **options: Any) -> None:
        super().__init__(label, **options)
        self.row = row
        self.forms: dict[str, RecordForm] = {}

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors = []
        if formdata is not None:
            prefix = f"{self.name}-"
            meta = cast(Meta, self.meta)
            self.forms = {key: self.row(formdata, meta, f"{prefix}{key}-") for key in keys_of(formdata, self.name)}


def keys_of(values: Mapping[str, list[Any]], lines: str) -> list[str]:
    """Keys of the posted rows in their order."""
    text = str((values.get(f"{lines}-order") or [""])[0])
    return [one for one in dict.fromkeys(text.split()) if one.isascii() and one.isdigit() and len(one) < 10][:MAX_ROWS]


def form_class(
    fields: Mapping[str, FieldNode], lines: Mapping[str, tuple[LinesNode, Mapping[str, FieldNode]]]
) -> type[RecordForm]:
    """The class for ``fields`` and, for each table of lines, its bound columns."""
    unbound: dict[str, Any] = {path: _bound(node) for path, node in fields.items()}
    for name, (_node, columns) in lines.items():
        row = type("RowForm", (RecordForm,), {"unbound": {path: _bound(node) for path, node in columns.items()}})
        unbound[name] = Rows(row, name)
    return type("Form", (RecordForm,), {"unbound": unbound})


def _bound(node: FieldNode) -> Any:
    return _KINDS.get(node.kind, Bound)(node, node.path)


# -- what was posted ------------------------------------------------------------------------------------------------


@dataclass
class Posted:
    """A posted form of a record: WTForms' reading of it, and the protocol's own values."""

    values: dict[str, list[Any]]
    form: RecordForm
    faults: dict[str, list[str]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        found = self.values.get(name)
        return str(found[0]) if found else ""

    @cached_property
    def changed(self) -> list[str]:
        """Names of the controls that changed since the last answer."""
        return [one for one in self.one("_changed").split() if one][:MAX_ROWS]

    @cached_property
    def version(self) -> int | None:
        return whole(self.one("row_version"))

    @cached_property
    def base(self) -> dict[str, Any]:
        """Check sums of the texts that the page was made with."""
        return _object(self.one("_base"))

    @cached_property
    def seen(self) -> dict[str, Any]:
        """What the page shows besides the values that it posts (see drafts.py)."""
        return _object(self.one("_seen"))

    def order(self, lines: str) -> list[str]:
        """Keys of the rows in their order."""
        return keys_of(self.values, lines)

    def removed(self, lines: str) -> list[int]:
        found = (whole(one) for one in self.one(f"{lines}-removed").split())
        return [one for one in found if one is not None][:MAX_ROWS]

    def row_id(self, lines: str, key: str) -> int | None:
        return whole(self.one(f"{lines}-{key}-id"))


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def read_form(made: type[RecordForm], values: dict[str, list[Any]], reader: Reader) -> Posted:
    """``values`` as the form ``made`` reads them. Values that cannot be read are in ``faults`` by path."""
    form = made(Values(values), Meta(reader))
    posted = Posted(values, form)
    for one in form.bound():
        if one.fault:
            posted.faults[one.node.path] = [one.fault]
    return posted
