"""The scroll bar over the content: there when needed, in step with the area, and never in the way of its width."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from thimble.ui.theme import Theme
from thimble.ui.widgets.basic import PageScroll
from thimble.ui.widgets.overlay_scroll import OverlayScrollBar


@pytest.fixture
def area(qtbot: QtBot, theme: Theme) -> Iterator[QScrollArea]:
    made = QScrollArea()
    qtbot.addWidget(made)
    made.setWidget(QWidget())
    made.resize(300, 200)
    made.show()
    yield made
    made.hide()


def grow(area: QScrollArea, height: int) -> None:
    content = area.widget()
    assert content is not None
    content.resize(100, height)


def test_it_comes_with_content_that_does_not_fit_and_takes_no_width(area: QScrollArea) -> None:
    bar = OverlayScrollBar(area)
    width = area.viewport().width()
    assert not bar.isVisible()
    grow(area, 1000)
    assert bar.isVisible()
    assert area.viewport().width() == width
    grow(area, 50)
    assert not bar.isVisible()


def test_it_scrolls_the_area_and_follows_it(area: QScrollArea) -> None:
    bar = OverlayScrollBar(area)
    grow(area, 1000)
    bar.setValue(120)
    assert area.verticalScrollBar().value() == 120
    area.verticalScrollBar().setValue(300)
    assert bar.value() == 300


def test_it_keeps_to_the_right_edge(area: QScrollArea) -> None:
    bar = OverlayScrollBar(area)
    grow(area, 1000)
    area.resize(500, 250)
    assert bar.geometry().right() == area.rect().right()
    assert bar.height() == area.height()


def test_the_column_of_a_page_stays_where_it_is_when_the_bar_comes(qtbot: QtBot, theme: Theme) -> None:
    page = PageScroll("Page")
    qtbot.addWidget(page)
    page.resize(1200, 400)
    page.show()
    before = page.column.geometry()
    content = QWidget()
    content.setFixedHeight(2000)
    page.body.addWidget(content)
    qtbot.waitUntil(lambda: page.verticalScrollBar().maximum() > 0)
    after = page.column.geometry()
    assert (after.left(), after.right()) == (before.left(), before.right())
