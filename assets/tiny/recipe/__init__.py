"""How the Thimble guide is made: a SmallThinker at toy size, from data to GGUF. See `../README.md`."""
