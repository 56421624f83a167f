"""`thimble bench`: how fast a model runs in a memory limit, against the stock engine in the same run."""
