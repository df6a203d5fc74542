"""The web: one Pyramid application for each addon set, generated from views, models and rights.

dispatch (host -> database -> application) ─► tweens ─► resources ─► pages ─► records (lists), forms, drafts, saving
"""

import warnings

# Pyramid 2.1 imports pkg_resources, which is pinned for it; the warning about that helps nobody who starts Kontor.
warnings.filterwarnings("ignore", "pkg_resources is deprecated", UserWarning)
