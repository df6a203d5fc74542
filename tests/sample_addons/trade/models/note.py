"""Notes on any record, private to their author."""

from core import Model, fields


class Note(Model, name="trade.note", display="text"):
    """A note; its rule is a function, not the company alone."""

    text = fields.Text("Text", required=True)
    subject = fields.Reference("About")
    writer = fields.Integer("Writer")
