"""The model host around llama_cpp's low-level API: no HTTP, no Qt, and the only place that imports llama_cpp."""
