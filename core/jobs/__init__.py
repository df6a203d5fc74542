"""Work that runs after the commit: the outbox and the engines that drain it."""
