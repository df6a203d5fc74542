"""From a checked view to Jinja2 source, once for each view of an addon set; the result serves every principal.

Every field, box and the header is a block of its own, so that an answer to a change can draw one of them alone
(``engine.draw``; cells of lines too). The context that the web layer supplies:

    all     t(text)      text in the reader's language       f       the Formatter of language and zone
            may          path -> bool, flags too             shown   anchor -> bool          (both: View.access)
            app          address of the application, "/app"  here    address of the record or list, no slash at its end
    form    pre          what ids begin with: "" in a page, "d1-" in a dialog
            lookup       address that lookups of lines ask, "?field=lines.article" is added
            on           condition -> bool (all ids of View.conditions that are asked of the record)
            w(path)      the control of a field, or its value where it cannot be edited
            w(path, key) the same for a cell of lines that is not written out here
            edit         path, lines, lines.column -> bool: may be changed now; readonly-if counted in, except per line
            err          path -> [message, …], only where there are some
            value        name -> value, of the fields that status bars show
            can          transition or action -> bool: is offered now
            lines        name -> rows (by LinesNode.slots), blank (one such row, its key "__key__"), next_key, order and
                         removed (keys and ids in one text each), sums (column -> value)
            panel(name)  what a hook supplies
            row          the row of a cell that is drawn alone
    list    sections     label (None: not grouped), count, url, open, sums, rows (by View.slots)
            sort         path -> url, direction ("ascending", "descending" or None); sortable columns only
            sums         path -> value, or empty;  pick   True if rows can be ticked
    search  q            the words;  facets  "filter[x]", "group-by[x]" -> url, active

``w`` and ``panel`` answer with Markup. A missing name is an error, never an empty place.
"""

from __future__ import annotations

from core.views.compile_form import form_source
from core.views.compile_list import list_source
from core.views.compile_search import search_source
from core.views.view import View

_KINDS = {"form": form_source, "list": list_source, "search": search_source}


def compile_view(view: View) -> str:
    """The Jinja2 source of ``view``."""
    return _KINDS[view.kind](view)
