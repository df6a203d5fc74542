"""The kinds of fields, under one name for addons: ``from core import fields`` … ``fields.Char("Name")``."""

from core.orm.fields import (
    Boolean,
    Char,
    Date,
    DateTime,
    Decimal,
    Field,
    File,
    Image,
    Integer,
    Json,
    Money,
    Quantity,
    RichText,
    Selection,
    State,
    Text,
)
from core.orm.relations import Many2many, Many2one, One2many, Reference

__all__ = [
    "Boolean",
    "Char",
    "Date",
    "DateTime",
    "Decimal",
    "Field",
    "File",
    "Image",
    "Integer",
    "Json",
    "Many2many",
    "Many2one",
    "Money",
    "One2many",
    "Quantity",
    "Reference",
    "RichText",
    "Selection",
    "State",
    "Text",
]
