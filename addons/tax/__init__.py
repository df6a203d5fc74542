"""Tax: classes, rates, which tax applies, and the arithmetic of papers with tax."""
