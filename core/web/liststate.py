"""What a list shows, as its address says it; every change of it is another address, so that Back works and links can
be sent.

    ?menu=orders&filter=open,mine&q=valve&where=net > 1000&group=partner&open=[7]&sort=-date,number&after=[…]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any
from urllib.parse import urlencode

_MAX = 2000


@dataclass(frozen=True)
class ListState:
    """``filters``: None when the address does not say, so that the default ones are on. ``open``: groups that are
    unfolded, by their packed value."""

    menu: str = ""
    view: str = ""
    filters: tuple[str, ...] | None = None
    q: str = ""
    where: str = ""
    group: str = ""
    open: tuple[str, ...] = ()
    sort: tuple[str, ...] = ()
    after: str = ""
    before: str = ""

    @classmethod
    def read(cls, params: Any) -> ListState:
        """From the parameters of a request (WebOb's mapping)."""

        def one(name: str) -> str:
            return str(params.get(name, ""))[:_MAX].replace("\x00", "")

        return cls(
            menu=one("menu"),
            view=one("view"),
            filters=_words(one("filter")) if "filter" in params else None,
            q=one("q").strip(),
            where=one("where").strip(),
            group=one("group"),
            open=tuple(str(value)[:_MAX] for value in params.getall("open"))[:20],
            sort=_words(one("sort")),
            after=one("after"),
            before=one("before"),
        )

    def changed(self, **changes: Any) -> ListState:
        """The same with ``changes``; the place in the list is forgotten unless it is one of them."""
        return replace(self, **{"after": "", "before": "", **changes})

    def query(self) -> str:
        """As the part of an address behind the question mark."""
        pairs: list[tuple[str, str]] = []
        pairs += [(name, getattr(self, name)) for name in ("menu", "view") if getattr(self, name)]
        if self.filters is not None:
            pairs.append(("filter", ",".join(self.filters)))
        pairs += [(name, getattr(self, name)) for name in ("q", "where", "group") if getattr(self, name)]
        pairs += [("open", one) for one in self.open]
        if self.sort:
            pairs.append(("sort", ",".join(self.sort)))
        pairs += [(name, getattr(self, name)) for name in ("after", "before") if getattr(self, name)]
        return urlencode(pairs)

    def url(self, here: str, **changes: Any) -> str:
        query = (self.changed(**changes) if changes else self).query()
        return f"{here}?{query}" if query else here


def _words(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())[:20]


NAMES = frozenset(one.name for one in fields(ListState))
Params = Mapping[str, str]
