"""The engine process's HTTP side: OpenAI's interface, control, telemetry, and the life of the process."""
