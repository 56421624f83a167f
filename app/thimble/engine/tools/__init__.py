"""Tool calls: which form a model writes them in, how they are read out of an answer, and the grammar of that form."""
