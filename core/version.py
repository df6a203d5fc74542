"""The kernel's version: what ``kernel = ">=0.1,<1"`` in an addon's manifest is compared with."""

VERSION = "0.1.0"
