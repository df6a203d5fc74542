"""What products answer to their own hook."""

from __future__ import annotations

from collections.abc import Iterable

from addons.products.models import Article
from core import Refusal, _, hookimpl


@hookimpl
def products_block(article: Article) -> Iterable[Refusal]:
    if article.sellable:
        return []
    replacement = article.product.replaced_by
    fix = str(_("Take {other} instead.")).format(other=replacement) if replacement is not None else ""
    return [Refusal("not_on_sale", str(_("{article} is not on sale.")).format(article=article), fix)]
