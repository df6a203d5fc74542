"""A shop, for the tests of the web layer: users, customers, articles, orders with lines."""
