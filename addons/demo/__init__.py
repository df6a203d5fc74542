"""Demo company: a Danish trading group of valves and actuators, made from a seed."""
