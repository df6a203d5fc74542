"""The models of products."""

from addons.products.models.article import Article
from addons.products.models.goods_group import GoodsGroup
from addons.products.models.product import Product

__all__ = ["Article", "GoodsGroup", "Product"]
