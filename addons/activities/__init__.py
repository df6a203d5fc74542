"""Activities: calls, visits, mails and tasks with customers, planned and done."""
