"""Freight, for the kernel's tests."""
