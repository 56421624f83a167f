"""One control for each kind of setting. Each has `value()`, `set_value()` and a `changed` signal."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from thimble.settings_table import GIB, MIB, Kind, Setting, Value
from thimble.ui.theme import S1, S_HALF, Theme
from thimble.ui.theme.tokens import LINE_HEIGHT, TEXT_PX
from thimble.ui.throttle import Debounce
from thimble.ui.widgets.basic import Combo, WheelToPage, button
from thimble.ui.widgets.switch import Switch

FIELD_WIDTH: Final = 120
FOLDER_WIDTH: Final = 260
SLIDER_WIDTH: Final = 180
TEXT_LINES: Final = 4
TEXT_MARGIN: Final = 6
"""Between a number and the right edge of its field."""
TEXT_SAVED_AFTER_MS: Final = 600


def translated(text: str) -> str:
    """A title, sentence or label of the settings table in the window's language."""
    return QCoreApplication.translate("Settings", text)


class Control(QWidget):
    """Edits one value.

    Signals:
        changed: somebody chose this value.
    """

    changed = Signal(object)
    wide = False
    """Whether it stands below its title instead of beside it."""

    def __init__(self, theme: Theme, setting: Setting) -> None:
        super().__init__()
        self.theme = theme
        self.setting = setting
        self.name = translated(setting.title)
        self._wheel = WheelToPage(self)

    @abstractmethod
    def value(self) -> Value:
        """The value shown."""

    @abstractmethod
    def set_value(self, value: Value) -> None:
        """Shows a value; `changed` is not signalled."""

    def flush(self) -> None:
        """Signals at once what was typed and not signalled yet."""


def _beside(control: QWidget, *widgets: QWidget) -> None:
    layout = QHBoxLayout(control)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(S1)
    for widget in widgets:
        layout.addWidget(widget)
    control.setFocusProxy(widgets[0])


class SwitchControl(Control):
    """On or off."""

    def __init__(self, theme: Theme, setting: Setting) -> None:
        super().__init__(theme, setting)
        self.switch = Switch(theme, self.name)
        self.switch.clicked.connect(lambda: self.changed.emit(self.switch.isChecked()))
        _beside(self, self.switch)

    def value(self) -> Value:
        """On or off."""
        return self.switch.isChecked()

    def set_value(self, value: Value) -> None:
        """Moves the switch."""
        self.switch.setChecked(bool(value))


class ChoiceControl(Control):
    """One of a few."""

    def __init__(self, theme: Theme, setting: Setting) -> None:
        super().__init__(theme, setting)
        self.combo = Combo(theme, self.name)
        for value, text in setting.choices:
            self.combo.addItem(translated(text), value)
        self.combo.setMinimumWidth(FIELD_WIDTH + 40)
        self.combo.activated.connect(lambda _index: self.changed.emit(self.value()))
        _beside(self, self.combo)

    def value(self) -> Value:
        """The chosen value."""
        return str(self.combo.currentData())

    def set_value(self, value: Value) -> None:
        """Chooses a value."""
        self.combo.setCurrentIndex(max(0, self.combo.findData(value)))


class IntegerControl(Control):
    """A whole number; 0 reads "Automatic" where the setting says so."""

    def __init__(self, theme: Theme, setting: Setting) -> None:
        super().__init__(theme, setting)
        self.spin = _Spin(setting)
        self.spin.setAccessibleName(self.name)
        self.spin.setFixedWidth(FIELD_WIDTH + 40)
        self.spin.installEventFilter(self._wheel)
        self.spin.editingFinished.connect(self._tell)
        self.spin.stepped.connect(self._tell)
        self._told = self.value()
        _beside(self, self.spin)

    def value(self) -> Value:
        """The number."""
        return self.spin.value()

    def set_value(self, value: Value) -> None:
        """Shows a number."""
        self.spin.setValue(int(value))
        self._told = self.value()

    def flush(self) -> None:
        """Takes what is typed."""
        self.spin.interpretText()
        self._tell()

    def _tell(self) -> None:
        if self.value() != self._told:
            self._told = self.value()
            self.changed.emit(self._told)


class _Spin(QSpinBox):
    """A spin box in which the values between 0 (automatic) and the least real one do not exist."""

    stepped = Signal()

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self._least = int(setting.minimum)
        self._automatic = bool(setting.automatic)
        self.setRange(0 if self._automatic else self._least, int(min(setting.maximum, 2**31 - 1)))
        self.setSingleStep(int(setting.step))
        self.setGroupSeparatorShown(setting.grouped)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        if self._automatic:
            self.setSpecialValueText(translated(setting.automatic))
        self.setKeyboardTracking(False)
        self.lineEdit().setTextMargins(0, 0, TEXT_MARGIN, 0)

    def stepBy(self, steps: int) -> None:
        """Steps over the gap between automatic and the least value."""
        before = self.value()
        if self._automatic and before == 0 and steps > 0:
            self.setValue(self._least)
        elif self._automatic and before <= self._least and steps < 0:
            self.setValue(0)
        else:
            super().stepBy(steps)
        if 0 < self.value() < self._least:
            self.setValue(self._least)
        self.stepped.emit()


class DecimalControl(Control):
    """A number with a fraction."""

    def __init__(self, theme: Theme, setting: Setting) -> None:
        super().__init__(theme, setting)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(setting.minimum / setting.step), round(setting.maximum / setting.step))
        self.slider.setFixedWidth(SLIDER_WIDTH)
        self.slider.setAccessibleName(self.name)
        self.spin = QDoubleSpinBox()
        self.spin.setRange(setting.minimum, setting.maximum)
        self.spin.setSingleStep(setting.step)
        self.spin.setDecimals(2)
        self.spin.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.spin.setFixedWidth(80)
        self.spin.setKeyboardTracking(False)
        self.spin.lineEdit().setTextMargins(0, 0, TEXT_MARGIN, 0)
        self.spin.setAccessibleName(self.name)
        self.slider.valueChanged.connect(lambda steps: self.spin.setValue(steps * setting.step))
        self.spin.valueChanged.connect(self._on_spin)
        self.slider.installEventFilter(self._wheel)
        self.spin.installEventFilter(self._wheel)
        self._silent = False
        _beside(self, self.slider, self.spin)

    def value(self) -> Value:
        """The number."""
        return round(self.spin.value(), 4)

    def set_value(self, value: Value) -> None:
        """Shows a number."""
        self._silent = True
        self.spin.setValue(float(value))
        self._silent = False

    def _on_spin(self, value: float) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(round(value / self.setting.step))
        self.slider.blockSignals(False)
        if not self._silent:
            self.changed.emit(self.value())


class BytesControl(Control):
    """A size in GiB, in MiB where steps are small: slider and field; far left is the special value 0."""

    def __init__(self, theme: Theme, setting: Setting, machine_bytes: int) -> None:
        super().__init__(theme, setting)
        step = int(setting.step)
        self._unit, suffix, decimals = (GIB, " GiB", 2) if step >= GIB // 100 else (MIB, " MiB", 0)
        most = max(int(setting.minimum), min(int(setting.maximum), machine_bytes))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, most // step)
        self.slider.setPageStep(4)
        self.slider.setFixedWidth(SLIDER_WIDTH)
        self.slider.setAccessibleName(self.name)
        self.spin = QDoubleSpinBox()
        self.spin.setRange(0, setting.maximum / self._unit)
        self.spin.setDecimals(decimals)
        self.spin.setSingleStep(step / self._unit)
        self.spin.setSuffix(suffix)
        if setting.automatic:
            self.spin.setSpecialValueText(translated(setting.automatic))
        self.spin.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.spin.setFixedWidth(FIELD_WIDTH)
        self.spin.setKeyboardTracking(False)
        self.spin.lineEdit().setTextMargins(0, 0, TEXT_MARGIN, 0)
        self.spin.setAccessibleName(self.name)
        self.slider.installEventFilter(self._wheel)
        self.spin.installEventFilter(self._wheel)
        self._silent = False
        self._save = Debounce(250, self._tell, self)
        self.slider.valueChanged.connect(self._on_slider)
        self.spin.valueChanged.connect(self._on_spin)
        _beside(self, self.slider, self.spin)

    def value(self) -> Value:
        """Bytes; 0 when special."""
        count = round(self.spin.value() * self._unit)
        return count if count == 0 else max(int(self.setting.minimum), count)

    def set_value(self, value: Value) -> None:
        """Shows bytes."""
        self._silent = True
        self.spin.setValue(int(value) / self._unit)
        self._silent = False

    def flush(self) -> None:
        """Signals what was chosen a moment ago."""
        self._save.flush()

    def _on_slider(self, steps: int) -> None:
        self.spin.setValue(steps * self.setting.step / self._unit)

    def _on_spin(self, size: float) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(round(size * self._unit / self.setting.step))
        self.slider.blockSignals(False)
        if not self._silent:
            self._save()

    def _tell(self) -> None:
        value = self.value()
        self.set_value(value)
        self.changed.emit(value)


class FolderControl(Control):
    """A folder, chosen in a dialog."""

    def __init__(self, theme: Theme, setting: Setting) -> None:
        super().__init__(theme, setting)
        self.field = QLineEdit()
        self.field.setReadOnly(True)
        self.field.setFixedWidth(FOLDER_WIDTH)
        self.field.setAccessibleName(self.name)
        self.field.setPlaceholderText(translated(setting.automatic))
        self.choose = button(theme, self.tr("Choose…"), name=self.tr("Choose: {0}").format(self.name))
        self.choose.clicked.connect(self._choose)
        _beside(self, self.field, self.choose)

    def value(self) -> Value:
        """The folder; "" for the default one."""
        return self.field.text()

    def set_value(self, value: Value) -> None:
        """Shows a folder."""
        self.field.setText(str(value))
        self.field.setToolTip(str(value))

    def _choose(self) -> None:
        chosen = self._asked(self.field.text() or str(Path.home()))
        if chosen:
            self.set_value(chosen)
            self.changed.emit(chosen)

    def _asked(self, place: str) -> str:
        """What the person chooses in a dialog; "" for nothing."""
        return QFileDialog.getExistingDirectory(self, self.name, place)


class FileControl(FolderControl):
    """A file, chosen in a dialog."""

    def __init__(self, theme: Theme, setting: Setting) -> None:
        super().__init__(theme, setting)
        self._kind = f"{self.name} ({setting.files})"

    def _asked(self, place: str) -> str:
        return QFileDialog.getOpenFileName(self, self.name, place, self._kind)[0]


class TextControl(Control):
    """Several lines of text."""

    wide = True

    def __init__(self, theme: Theme, setting: Setting) -> None:
        super().__init__(theme, setting)
        self.edit = QPlainTextEdit()
        self.edit.setTabChangesFocus(True)  # as in a form
        self.edit.setProperty("kind", "field")
        self.edit.setAccessibleName(self.name)
        self.edit.setPlaceholderText(self.tr("None"))
        self.edit.setFixedHeight(round(TEXT_LINES * TEXT_PX * LINE_HEIGHT) + 2 * S1)
        self._save = Debounce(TEXT_SAVED_AFTER_MS, lambda: self.changed.emit(self.value()), self)
        self._silent = False
        self.edit.textChanged.connect(self._on_text)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, S_HALF, 0, 0)
        layout.addWidget(self.edit)
        self.setFocusProxy(self.edit)

    def value(self) -> Value:
        """The text."""
        return self.edit.toPlainText()

    def set_value(self, value: Value) -> None:
        """Shows a text."""
        if self.edit.toPlainText() != value:
            self._silent = True
            self.edit.setPlainText(str(value))
            self._silent = False

    def flush(self) -> None:
        """Signals what was typed a moment ago."""
        self._save.flush()

    def _on_text(self) -> None:
        if not self._silent:
            self._save()


class LineControl(Control):
    """One line of text."""

    def __init__(self, theme: Theme, setting: Setting) -> None:
        super().__init__(theme, setting)
        self.field = QLineEdit()
        self.field.setFixedWidth(FOLDER_WIDTH)
        self.field.setAccessibleName(self.name)
        self.field.setPlaceholderText(translated(setting.automatic))
        self.field.editingFinished.connect(self.flush)
        self._told = ""
        _beside(self, self.field)

    def value(self) -> Value:
        """The text."""
        return self.field.text().strip()

    def set_value(self, value: Value) -> None:
        """Shows a text."""
        self._told = str(value)
        if self.value() != value:
            self.field.setText(self._told)

    def flush(self) -> None:
        """Takes what is typed."""
        if self.value() != self._told:
            self._told = str(self.value())
            self.changed.emit(self._told)


def control_for(theme: Theme, setting: Setting, machine_bytes: int) -> Control:
    """The control for a setting's kind."""
    match setting.kind:
        case Kind.SWITCH:
            return SwitchControl(theme, setting)
        case Kind.CHOICE:
            return ChoiceControl(theme, setting)
        case Kind.INTEGER:
            return IntegerControl(theme, setting)
        case Kind.DECIMAL:
            return DecimalControl(theme, setting)
        case Kind.BYTES:
            return BytesControl(theme, setting, machine_bytes)
        case Kind.FOLDER:
            return FolderControl(theme, setting)
        case Kind.FILE:
            return FileControl(theme, setting)
        case Kind.LINE:
            return LineControl(theme, setting)
        case Kind.TEXT:
            return TextControl(theme, setting)
