"""Base: what every other addon stands on."""
