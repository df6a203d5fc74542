"""Addons as such: their manifests, where they are found, what they need, and how they answer hooks."""
