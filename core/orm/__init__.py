"""Models: declared as fragments by addons, assembled into mapped classes for each addon set."""
