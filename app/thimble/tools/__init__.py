"""Tools that a model may call: programs that speak MCP (Model Context Protocol), run or reached by the window."""
