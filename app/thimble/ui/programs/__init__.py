"""For other programs: the door to the engine, its address and key, examples, and what is asked through it."""
