"""The Models page: what is installed, what it needs, and how to get more."""
