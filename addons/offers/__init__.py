"""Offers: what is offered to a customer, revision by revision, until the answer."""
