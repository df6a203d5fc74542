"""Products: what is sold, made, bought and stocked."""
