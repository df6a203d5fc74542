"""Partners: customers, suppliers and the people who work there."""
