"""A list of eight columns and a rule on rows, for the bench."""
