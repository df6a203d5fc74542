"""Settings of the documentation: Markdown pages, the furo theme, nothing from outside."""

import logging
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # _ext.py
logging.getLogger("alembic").setLevel(logging.WARNING)  # Sphinx listens to all loggers
os.environ["COLUMNS"] = "100"  # the width of what --help prints

from core.version import VERSION  # noqa: E402

project = "Kontor"
author = "The Kontor authors"
version = release = VERSION
extensions = ["myst_parser", "sphinx.ext.autodoc", "_ext"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "Kontor"
html_static_path = ["_static"]
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b5fae", "color-brand-content": "#0b5394"},
    "dark_css_variables": {"color-brand-primary": "#6aaef0", "color-brand-content": "#85bcf2"},
}
gettext_compact = False
locale_dirs = ["locale"]
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
