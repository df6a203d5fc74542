"""Messaging: conversations and files on any record."""
