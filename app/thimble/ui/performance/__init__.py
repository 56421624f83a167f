"""The Performance page and the figures behind it."""
