"""The Settings page, drawn from `thimble.settings.SETTINGS`."""
