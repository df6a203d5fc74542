"""Records that addons bring: XML data files, external ids, and how an upgrade merges them with what users changed."""
