"""Orders: what customers have ordered, from the accepted offer to delivered."""
