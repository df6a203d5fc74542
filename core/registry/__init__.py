"""Addon sets and databases: what is installed where, and how it is built, served and changed."""
