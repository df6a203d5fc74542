"""The hooks that products offer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from core import hookspec

if TYPE_CHECKING:
    from addons.products.models import Article
    from core import Refusal


@hookspec
def products_block(article: Article, usage: str) -> Iterable[Refusal]:
    """Reasons why ``article`` may not be used now; ``usage`` is "offer" or "order", later "purchase" and more.

    Asked when a paper with the article is about to become binding. products answers with its lifecycle::

        @hookimpl
        def products_block(article, usage):
            if usage == "order" and recalled(article):
                yield Refusal("recalled", _("It is being recalled."))
    """
    return ()
