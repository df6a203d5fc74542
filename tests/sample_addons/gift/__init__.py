"""Gift, for the kernel's tests."""
