"""What crm does where offers are installed: an offer is made of an opportunity, and its answer closes it."""
