"""The web: one Pyramid application for each addon set, generated from views, models and rights.

dispatch (host -> database -> application) ─► tweens ─► resources ─► pages ─► records (lists), forms, drafts, saving
"""
