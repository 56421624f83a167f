"""The theme of the moment: colours, fonts, icons and the one stylesheet, following the settings and the system."""

from __future__ import annotations

from typing import Final, Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from thimble.settings import Settings
from thimble.ui.theme import icons, tokens
from thimble.ui.theme.stylesheet import stylesheet

FontRole = Literal["body", "strong", "small", "tiny", "code", "heading", "title", "big"]

_PIXELS: Final[dict[str, int]] = {
    "body": tokens.TEXT_PX,
    "strong": tokens.TEXT_PX,
    "small": tokens.SMALL_PX,
    "tiny": tokens.TINY_PX,
    "code": tokens.CODE_PX,
    "heading": tokens.HEADING_PX,
    "title": tokens.TITLE_PX,
    "big": tokens.BIG_PX,
}
_WEIGHTS: Final[dict[str, QFont.Weight]] = {
    "strong": QFont.Weight.DemiBold,
    "heading": QFont.Weight.DemiBold,
    "title": QFont.Weight.DemiBold,
    "big": QFont.Weight.Normal,
}


class Theme(QObject):
    """Colours, fonts and icons for widgets; dresses the application.

    Signals:
        changed: colours or motion are different now; repaint what you drew yourself.
    """

    changed = Signal()

    def __init__(self, settings: Settings, app: QApplication | None = None) -> None:
        super().__init__()
        self._settings = settings
        self._app = app
        self.is_dark = False
        self.colours = tokens.LIGHT
        self._unsubscribe = settings.subscribe(self._on_setting)
        hints = QApplication.styleHints()
        hints.colorSchemeChanged.connect(self._on_system)
        if app is not None:
            app.setStyle("Fusion")
            app.setFont(self.font("body"))
        self._follow(first=True)

    def close(self) -> None:
        """Stops following the settings and the system."""
        self._unsubscribe()
        self._unsubscribe = lambda: None
        QApplication.styleHints().colorSchemeChanged.disconnect(self._on_system)

    @property
    def reduced_motion(self) -> bool:
        """Whether changes appear at once."""
        return self._settings.switch("look.reduce_motion")

    @property
    def motion_ms(self) -> int:
        """How long a change of state eases; 0 with reduced motion."""
        return 0 if self.reduced_motion else tokens.MOTION_MS

    def color(self, role: str) -> QColor:
        """A colour by its name in `tokens.Colours`."""
        return QColor(getattr(self.colours, role))

    def font(self, role: FontRole = "body") -> QFont:
        """The system's font (mono for "code") in the size and weight of the role; "big" has tabular figures."""
        base = QFontDatabase.SystemFont.FixedFont if role == "code" else QFontDatabase.SystemFont.GeneralFont
        font = QFont(QFontDatabase.systemFont(base))
        font.setPixelSize(_PIXELS[role])
        font.setWeight(_WEIGHTS.get(role, QFont.Weight.Normal))
        if role in {"big", "small"}:
            font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def icon(self, name: str, role: str = "muted", *, on: str = "accent") -> QIcon:
        """A Phosphor icon ("ph.gear") in a colour of the theme, whichever theme that is when it is drawn.

        Args:
            name: Phosphor's name with the prefix "ph.".
            role: colour; disabled icons are drawn in "outline".
            on: colour of the checked state.
        """

        def colour(mode: QIcon.Mode, state: QIcon.State) -> QColor:
            if mode == QIcon.Mode.Disabled:
                return self.color("outline")
            return self.color(on if state == QIcon.State.On else role)

        return QIcon(icons.PhosphorEngine(name, colour))

    @property
    def palette(self) -> QPalette:
        """Qt's palette in the theme's colours (for what the stylesheet does not reach)."""
        palette = QPalette()
        group = QPalette.ColorGroup
        role = QPalette.ColorRole
        for where, name in (
            (role.Window, "ground"),
            (role.WindowText, "text"),
            (role.Base, "surface"),
            (role.AlternateBase, "sunken"),
            (role.Text, "text"),
            (role.Button, "surface"),
            (role.ButtonText, "text"),
            (role.BrightText, "danger"),
            (role.Highlight, "accent"),
            (role.HighlightedText, "accent_text"),
            (role.Link, "accent"),
            (role.LinkVisited, "accent"),
            (role.PlaceholderText, "muted"),
            (role.ToolTipBase, "hint"),
            (role.ToolTipText, "hint_text"),
            (role.Mid, "line"),
            (role.Dark, "outline"),
            (role.Light, "surface"),
            (role.Midlight, "line"),
            (role.Shadow, "outline"),
            (role.Accent, "accent"),
        ):
            palette.setColor(where, self.color(name))
        for where in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(group.Disabled, where, self.color("muted"))
        return palette

    def stylesheet(self) -> str:
        """The stylesheet of the whole window in the theme's colours."""
        return stylesheet(self.colours)

    def _on_system(self, _scheme: Qt.ColorScheme) -> None:
        self._follow()

    def _on_setting(self, key: str) -> None:
        if key == "look.theme":
            self._follow()
        elif key == "look.reduce_motion":
            self.changed.emit()

    def _follow(self, *, first: bool = False) -> None:
        choice = self._settings.text("look.theme")
        system_dark = QApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
        dark = choice == "dark" or (choice == "system" and system_dark)
        if not first and dark == self.is_dark:
            return
        self.is_dark = dark
        self.colours = tokens.DARK if dark else tokens.LIGHT
        if self._app is not None:
            self._app.setPalette(self.palette)
            self._app.setStyleSheet(self.stylesheet())
        self.changed.emit()
