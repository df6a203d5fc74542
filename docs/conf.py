"""Settings of the documentation: Markdown pages, the furo theme, nothing from outside."""

from core.version import VERSION

project = "Kontor"
author = "The Kontor authors"
version = release = VERSION
extensions = ["myst_parser", "sphinx.ext.autodoc"]
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
autodoc_typehints = "description"
autodoc_member_order = "bysource"
