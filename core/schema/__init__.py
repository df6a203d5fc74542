"""The database's structure: kernel tables, differences to an addon set, how they are applied, and migration scripts."""
