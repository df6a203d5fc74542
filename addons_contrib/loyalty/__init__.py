"""Loyalty: customers collect points with their orders."""
