"""A section of things that a person enters, checks, changes and removes, each with a secret in the keyring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from PySide6.QtWidgets import QPushButton, QWidget

from thimble.errors import Problem, ThimbleError
from thimble.ui import problem_texts
from thimble.ui.connections.parts import ConnectionRow, Form, Secret, Section
from thimble.ui.kept_words import where_kept
from thimble.ui.widgets.basic import button

if TYPE_CHECKING:
    from thimble.keychain import Kept
    from thimble.ui.app_context import AppContext

NEW: Final = ""
"""In place of an id: one that is not there yet."""


class Named(Protocol):
    """What a person has entered."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


R = TypeVar("R", bound=Named)


class Keeper(Protocol[R]):
    """Who keeps them: `RemoteModels` or `Toolbox`, see there."""

    @property
    def all(self) -> Sequence[R]: ...
    def put(self, record: R, /) -> None: ...
    def check(self, record: R, /, done: Callable[[Any], object], failed: Callable[[Problem], object]) -> object: ...
    def remove(self, record: R, /) -> None: ...
    def keep_secret(
        self, record: R, secret: Any, /, done: Callable[[Kept], object], failed: Callable[[Problem], object]
    ) -> None: ...
    def take_secret(self, record: R, /, taken: Callable[[Any], object]) -> None: ...


@dataclass(frozen=True, slots=True)
class Kind(Generic[R]):
    """What one kind of things has of its own.

    Attributes:
        row: its row, without buttons.
        first_note: (sentence, tone) in the row of one that was not checked yet.
        check_name: what its button for a check is called.
        found: (sentence, tone) about what a check of it found.
        form: the form for one; None for a new one, or for what else `KeptSection.edited` says.
        can_edit: whether there is something to change.
    """

    row: Callable[[R], ConnectionRow]
    first_note: Callable[[R], tuple[str, str]]
    check_name: Callable[[R], str]
    found: Callable[[R, Any], tuple[str, str]]
    form: Callable[[R | None], Form]
    can_edit: Callable[[R], bool] = lambda _record: True


class KeptSection(Section, Generic[R]):
    """Rows, and in place of one of them, or behind them, a form.

    Args:
        context: the window's shared parts.
        keeper: keeps the records.
        kind: what they are.
        title, sentence: see `Section`.
    """

    def __init__(self, context: AppContext, keeper: Keeper[R], kind: Kind[R], title: str, sentence: str) -> None:
        super().__init__(context.theme, title, sentence)
        self.context = context
        self.keeper = keeper
        self._kind = kind
        self._edited: str | None = None
        self._notes: dict[str, tuple[str, str]] = {}
        self._adders: list[QPushButton] = []
        self.rows: dict[str, ConnectionRow] = {}
        self.form: Form | None = None

    @property
    def edited(self) -> str | None:
        """Id of the one whose form is open; `NEW` for a new one, None without a form."""
        return self._edited

    def add_adder(self, text: str, icon: str, action: Callable[[], object]) -> QPushButton:
        """A button below the card that is there while no form is open."""
        made = self.add_button(text, icon, action)
        self._adders.append(made)
        return made

    def edit(self, record_id: str) -> None:
        """Opens the form for one; `NEW` for a new one."""
        self._edited = record_id
        self.rebuild()
        if self.form is not None:
            self.form.first.setFocus()

    def check(self, record: R) -> None:
        """Asks it how it is, and says so in its row."""
        self.say(record, self.tr("One moment…"))
        self.keeper.check(
            record,
            lambda found: self.say(record, *self._kind.found(record, found)),
            lambda problem: self.say(record, problem_texts.words(problem), "danger"),
        )

    def say(self, record: R, text: str, tone: str = "muted") -> None:
        """Says how one stands, until it is said anew."""
        self._notes[record.id] = (text, tone)
        if record.id in self.rows:
            self.rows[record.id].say(text, tone)

    def report(self, problem: Problem) -> None:
        """Tells a problem that is no row's."""
        self.context.navigation.report(self.context.toasts, problem)

    def rebuild(self) -> None:
        """Shows what there is now."""
        self.rows, self.form = {}, None
        places: list[QWidget] = []
        for record in self.keeper.all:
            if record.id == self._edited:
                self.form = self._kind.form(record)
                places.append(self.form)
            else:
                self.rows[record.id] = self._row_of(record)
                places.append(self.rows[record.id])
        if self._edited is not None and self.form is None:
            self.form = self._kind.form(None)
            places.append(self.form)
        self.show_rows(places)
        for made in self._adders:
            made.setVisible(self._edited is None)

    def _row_of(self, record: R) -> ConnectionRow:
        made, name = self._kind.row(record), record.name
        made.say(*(self._notes.get(record.id) or self._kind.first_note(record)))
        check = button(self.theme, self.tr("Check"), name=self._kind.check_name(record))
        check.clicked.connect(lambda: self.check(record))
        made.add(check)
        if self._kind.can_edit(record):
            made.add_icon("ph.pencil-simple", self.tr("Edit {0}").format(name), partial(self.edit, record.id))
        made.add_icon("ph.trash", self.tr("Remove {0}").format(name), partial(self._remove, record))
        return made

    def close_form(self) -> None:
        """The person changed their mind."""
        self._edited = None
        self.rebuild()
        self._adders[0].setFocus()

    def saved(self, record: R, note: str) -> None:
        """A form has saved one.

        Args:
            record: as it is now.
            note: what there is to say about its secret.
        """
        self._edited = None
        self.rebuild()
        if note:
            self.context.toasts.show(note)
        self.check(record)

    def _remove(self, record: R) -> None:
        keeper = self.keeper
        if not self._done(lambda: keeper.remove(record)):
            return
        secret = Secret(lambda value: keeper.keep_secret(record, value, lambda _kept: None, self.report))
        keeper.take_secret(record, secret.take)
        undo = partial(self._put_back, record, secret)
        self.context.undo.done(self.tr("{0} was removed.").format(record.name), undo)

    def _put_back(self, record: R, secret: Secret) -> bool:
        def restore() -> None:
            self.keeper.put(record)
            secret.put_back()

        return self._done(restore)

    def _done(self, change: Callable[[], object]) -> bool:
        """Whether a change succeeded; what was wrong is told."""
        try:
            change()
        except ThimbleError as error:
            self.report(error.problem)
            return False
        return True


class KeptForm(Form, Generic[R]):
    """A form whose secret is kept before its section is told that it has saved.

    Args:
        section: where it stands.
        save: what the first button says.
        store: stores what was entered. Returns what was stored, and its secret: an empty one forgets it, None leaves
            what there is.
    """

    def __init__(self, section: KeptSection[R], save: str, store: Callable[[], tuple[R, Any]]) -> None:
        super().__init__(section.theme, save, self._save, section.close_form)
        self._section = section
        self._store = store

    def _save(self) -> None:
        section = self._section
        record, secret = self._store()
        if secret is None:
            section.saved(record, "")
            return
        self.save.setEnabled(False)
        section.keeper.keep_secret(
            record,
            secret,
            lambda kept: section.saved(record, where_kept(kept)),
            lambda problem: section.saved(record, problem_texts.words(problem)),
        )
