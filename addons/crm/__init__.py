"""CRM: opportunities from the first interest to the order."""
