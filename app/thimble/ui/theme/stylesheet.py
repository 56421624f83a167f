"""The one stylesheet, written from the tokens.

Widgets say what they are by dynamic properties, never by colours of their own:
`kind` on buttons ("primary", "quiet", "danger", "link") and frames ("card", "sunken", "line"), `tone` on labels
("muted", "accent", "danger", "hit"). Fonts are set by `Theme.font`, not here, because a font named in a stylesheet
loses its tabular figures.
"""

from __future__ import annotations

from string import Template

from thimble.ui.theme import tokens
from thimble.ui.theme.tokens import Colours

_SHEET = Template("""
QWidget { color: $text; selection-background-color: $accent; selection-color: $accent_text; }
QMainWindow, QDialog, QWidget[kind="ground"] { background: $ground; }
QWidget[kind="sunken"] { background: $sunken; }
QFrame[kind="card"] { background: $surface; border: 1px solid $line; border-radius: ${radius}px; }
QFrame[kind="card"][problem="true"] { border-color: $danger; }
QFrame[kind="line"] { background: $line; border: none; }
QFrame[kind="popup"] { background: $surface; border: 1px solid $outline; border-radius: ${radius}px; }
QFrame[kind="toast"] { background: $hint; border: 1px solid $hint; border-radius: ${radius}px; }
QFrame[kind="toast"] QLabel { color: $hint_text; }
QFrame[kind="toast"] QPushButton { background: transparent; color: $toast_action; border: 1px solid transparent;
    border-radius: ${radius_small}px; padding: 3px ${s1}px; font-weight: 600; min-height: 20px; }
QFrame[kind="toast"] QPushButton:hover { border-color: $toast_action; }
QFrame[kind="toast"] QPushButton:focus { border: ${ring}px solid $toast_action; padding: 2px 7px; }
QFrame[kind="drop"] { background: $accent_soft; border: 2px dashed $accent; border-radius: ${radius}px; }

QFrame[kind="composer"] { background: $surface; border: 1px solid $outline; border-radius: 12px; }
QFrame[kind="composer"][focused="true"] { border-color: $accent; }
QToolButton[kind="send"] { background: $accent; border: 1px solid $accent; border-radius: 16px; }
QToolButton[kind="send"]:hover { background: $accent_hover; border-color: $accent_hover; }
QToolButton[kind="send"]:focus { border: ${ring}px solid $text; }
QToolButton[kind="send"]:disabled { background: $line; border-color: $line; }

QLabel { background: transparent; }
QLabel[tone="muted"] { color: $muted; }
QLabel[tone="accent"] { color: $accent; }
QLabel[tone="danger"] { color: $danger; }
QLabel[tone="hit"] { color: $hit; }
QLabel[tone="chip"] { color: $muted; background: $sunken; border: 1px solid $line; border-radius: ${radius_small}px;
    padding: 1px ${s1}px; }
QLabel[tone="key"] { color: $text; background: $sunken; border: 1px solid $outline; border-bottom-width: 2px;
    border-radius: 5px; padding: 1px 6px; }
QLabel:disabled { color: $muted; }

QPushButton { background: $surface; border: 1px solid $outline; border-radius: ${radius_small}px;
    padding: 5px 14px; min-height: 20px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $pressed; }
QPushButton:focus { border: ${ring}px solid $accent; padding: 4px 13px; }
QPushButton:disabled { color: $muted; background: $sunken; border-color: $line; }
QPushButton:checked { background: $accent_soft; border-color: $accent; }
QPushButton[kind="primary"] { background: $accent; color: $accent_text; border-color: $accent; font-weight: 600; }
QPushButton[kind="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[kind="primary"]:focus { border: ${ring}px solid $text; }
QPushButton[kind="primary"]:disabled { color: $muted; background: $line; border-color: $line; }
QPushButton[kind="danger"] { color: $danger; }
QPushButton[kind="quiet"], QToolButton { background: transparent; border: 1px solid transparent;
    border-radius: ${radius_small}px; }
QToolButton { padding: 5px; }
QPushButton[kind="quiet"]:hover, QToolButton:hover { background: $hover; }
QPushButton[kind="quiet"]:pressed, QToolButton:pressed { background: $pressed; }
QPushButton[kind="quiet"]:checked, QToolButton:checked { background: $accent_soft; }
QPushButton[kind="quiet"]:focus, QToolButton:focus { border: ${ring}px solid $accent; }
QToolButton:focus { padding: 4px; }
QToolButton[kind="small"] { padding: 2px; }
QToolButton[kind="small"]:focus { padding: 1px; }
QToolButton::menu-indicator { image: none; width: 0; }
QPushButton[kind="picker"] { background: transparent; border: 1px solid transparent; color: $muted;
    padding: 4px ${s1}px; border-radius: ${radius_small}px; }
QPushButton[kind="picker"]:hover { background: $hover; color: $text; }
QPushButton[kind="picker"]:focus { border: ${ring}px solid $accent; padding: 3px 7px; }
QPushButton[kind="link"] { background: transparent; border: 1px solid transparent; color: $accent;
    padding: 2px 4px; min-height: 16px; border-radius: ${radius_tiny}px; }
QPushButton[kind="link"]:hover { text-decoration: underline; }
QPushButton[kind="link"]:focus { border: ${ring}px solid $accent; padding: 1px 3px; }
QPushButton[kind="chip"] { background: transparent; border: 1px solid $outline; border-radius: 13px;
    padding: 2px 12px; min-height: 20px; color: $muted; }
QPushButton[kind="chip"]:hover { background: $hover; color: $text; }
QPushButton[kind="chip"]:checked { background: $accent_soft; border-color: $accent; color: $text; }
QPushButton[kind="chip"]:focus { border: ${ring}px solid $accent; padding: 1px 11px; }

QLineEdit, QPlainTextEdit[kind="field"], QTextEdit[kind="field"], QSpinBox, QDoubleSpinBox, QComboBox {
    background: $surface; border: 1px solid $outline; border-radius: ${radius_small}px; padding: 4px ${s1}px;
    min-height: 22px; }
QLineEdit:hover, QSpinBox:hover, QDoubleSpinBox:hover, QComboBox:hover { border-color: $muted; }
QLineEdit:focus, QPlainTextEdit[kind="field"]:focus, QTextEdit[kind="field"]:focus, QSpinBox:focus,
    QDoubleSpinBox:focus, QComboBox:focus { border: ${ring}px solid $accent; padding: 3px 7px; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {
    color: $muted; background: $sunken; }
QLineEdit[kind="bare"], QLineEdit[kind="bare"]:focus { background: transparent; border: none; padding: 0; }
QPlainTextEdit, QTextEdit, QTextBrowser { background: transparent; border: none; }
QLineEdit, QPlainTextEdit, QTextEdit { placeholder-text-color: $muted; }
QPlainTextEdit[kind="paper"], QTextBrowser[kind="paper"] { background: $surface; border: 1px solid $line;
    border-radius: ${radius}px; padding: ${s1}px; }
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button, QDoubleSpinBox::down-button {
    width: 0; border: none; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: none; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $outline; border-radius: ${radius_small}px;
    padding: ${half}px; outline: none; selection-background-color: $accent_soft; selection-color: $text; }

QAbstractItemView { background: transparent; border: none; outline: none; }
QAbstractItemView::item { border-radius: ${radius_small}px; }
QListWidget::item { padding: 0 ${s1}px; }
QAbstractItemView::item:hover { background: $hover; }
QAbstractItemView::item:selected { background: $accent_soft; color: $text; }
QListView[kind="paper"] { background: $surface; border: 1px solid $line; border-radius: ${radius}px;
    padding: ${half}px; }
QListView[kind="paper"]:focus { border-color: $accent; }

QHeaderView { background: transparent; border: none; }
QHeaderView::section { background: transparent; color: $muted; border: none; border-bottom: 1px solid $line;
    padding: 2px 0; }
QTableView { border: none; gridline-color: $line; }
QTableView::item { padding: 0; border-radius: 0; border-bottom: 1px solid $line; }
QTableView:focus { border: none; }

QSlider { min-height: 24px; }
QSlider::groove:horizontal { height: 4px; background: $outline; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 12px; margin: -6px 0; background: $surface;
    border: 2px solid $accent; border-radius: 8px; }
QSlider::handle:horizontal:hover { background: $accent_soft; }
QSlider::handle:horizontal:focus { background: $accent; }
QSlider:focus { border: ${ring}px solid $accent; border-radius: ${radius_small}px; }

QProgressBar { background: $line; border: none; border-radius: 3px; min-height: 6px; max-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }

QScrollArea, QScrollArea > QWidget > QWidget[kind="page"] { background: transparent; border: none; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QScrollBar:vertical { width: ${scrollbar}px; background: transparent; margin: 0; }
QScrollBar:horizontal { height: ${scrollbar}px; background: transparent; margin: 0; }
QScrollBar::handle { background: $scroll; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QSplitter::handle { background: $line; }
QSplitter::handle:hover { background: $accent; }

QMenu { background: $surface; border: 1px solid $outline; border-radius: ${radius_small}px; padding: ${half}px; }
QMenu::item { padding: 6px ${s3}px 6px ${s1}px; border-radius: ${radius_tiny}px; background: transparent; }
QMenu::item:selected { background: $accent_soft; }
QMenu::item:disabled { color: $muted; }
QMenu::icon { padding-left: ${s1}px; }
QMenu::separator { height: 1px; background: $line; margin: ${half}px ${s1}px; }
QToolTip { background: $hint; color: $hint_text; border: 1px solid $hint; padding: 4px ${s1}px; }

QAbstractButton[kind="rail"] { background: transparent; border: none; }
QAbstractButton[kind="bar"] { background: $sunken; border: none; }
""")


def stylesheet(colours: Colours) -> str:
    """The whole stylesheet in these colours."""
    values = {name: getattr(colours, name) for name in Colours.__dataclass_fields__}
    return _SHEET.substitute(
        values,
        toast_action=tokens.DARK.accent,
        radius=tokens.RADIUS,
        radius_small=tokens.RADIUS_SMALL,
        radius_tiny=tokens.RADIUS_TINY,
        half=tokens.S_HALF,
        s1=tokens.S1,
        s3=tokens.S3,
        ring=tokens.FOCUS_RING,
        scrollbar=tokens.SCROLLBAR,
    )
