"""The Connections page: models on other machines, and tools."""
