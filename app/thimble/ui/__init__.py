"""The desktop window: everything that imports PySide6 (see `thimble.ui.app` for the start)."""
