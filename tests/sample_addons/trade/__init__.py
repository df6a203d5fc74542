"""Trade, for the kernel's tests."""
