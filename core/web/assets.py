"""The built front end: which file carries a bundle's present content, and the texts that its scripts need.

``build.mjs`` names every bundle by its content (``app.8F2C….js``) and writes ``manifest.json``; templates ask
``asset("app.js")`` for the address. Such an address never changes its content, so it may be cached for ever.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import cast

from core.errors import KontorError
from core.i18n import LazyText, _, translate

STATIC = Path(__file__).parent / "static"
DIST = STATIC / "dist"
#: where the web application serves ``DIST``
DIST_URL = "/static/dist/"
#: for responses under ``DIST_URL``
CACHE_FOREVER = "public, max-age=31536000, immutable"

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

#: every text of frontend/src that a user reads: ``t("…")`` there, translated here
SCRIPT_TEXTS = (
    _("Close without saving?"),
    _("Discard it"),
    _("Keep it"),
    _("Line added"),
    _("Line removed"),
    _("Line {at} of {count}"),
    _("Log in"),
    _("New record"),
    _("No connection to the server. What you typed is kept here."),
    _("No record fits these words."),
    _("Nothing found"),
    _("Remove {name}"),
    _("Removed: {name}"),
    _("Several records fit; choose one of the list."),
    _("The list could not be loaded."),
    _("The server could not do this. What you typed is kept; try again."),
    _("The server refused this ({status}). What you typed is kept."),
    _("Undo"),
    _("Your session has ended. What you typed is kept until you have logged in again."),
    _("Your unsaved input of {time} is back in the form."),
    _("is not a day of the calendar"),
)


class NotBuilt(KontorError):
    """The bundles are missing."""


class Assets:
    """The bundles of one folder with a manifest; reads the manifest once."""

    def __init__(self, folder: Path = DIST, base: str = DIST_URL) -> None:
        self.folder = folder
        self.base = base

    @cached_property
    def manifest(self) -> dict[str, str]:
        """Source name -> file name."""
        file = self.folder / "manifest.json"
        try:
            names = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NotBuilt(f"the front end is not built ({file} is missing); start with `python3 run.py`") from None
        return {str(name): str(built) for name, built in names.items()}

    def url(self, name: str) -> str:
        """The address of a bundle: ``url("app.js")`` is ``/static/dist/app.8F2C….js``."""
        return self.base + self._built(name)

    def path(self, name: str) -> Path:
        """The file of a bundle on disk."""
        return self.folder / self._built(name)

    def _built(self, name: str) -> str:
        try:
            return self.manifest[name]
        except KeyError:
            raise NotBuilt(f"no bundle '{name}'; there are: {', '.join(sorted(self.manifest))}") from None


assets = Assets()


def static_url(addon: str, folder: Path, name: str) -> str:
    """The address of a file in an addon's ``static`` folder, with its content's hash, so that it may be cached."""
    digest = hashlib.sha256((folder / "static" / name).read_bytes()).hexdigest()[:10]
    return f"/static/{addon}/{name}?{digest}"


def script_texts() -> dict[str, str]:
    """What the scripts say, in the reader's language; goes into ``<script type="application/json" id="kontor-texts">``.

    Untranslated texts are left out: the scripts carry the English ones.
    """
    sources = [cast(LazyText, text).msgid for text in SCRIPT_TEXTS]
    return {text: said for text in sources if (said := translate(text)) != text}
