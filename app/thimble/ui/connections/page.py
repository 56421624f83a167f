"""The Connections page: models on other machines, and the tools that models may call."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from thimble.ui.app_context import AppContext
from thimble.ui.connections.remote_section import RemoteSection
from thimble.ui.connections.tool_section import ToolSection
from thimble.ui.theme import S3
from thimble.ui.widgets.basic import PageScroll, page_title, row


class ConnectionsPage(QWidget):
    """Assembles the sections."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Connections"))
        scroll = PageScroll(self.tr("Connections"))
        header = row(page_title(context.theme, self.tr("Connections")), None)
        header.setContentsMargins(0, S3, 0, 0)
        scroll.body.setSpacing(S3)
        scroll.body.addLayout(header)
        self.remotes = RemoteSection(context)
        self.tools = ToolSection(context)
        scroll.body.addWidget(self.remotes)
        scroll.body.addWidget(self.tools)
        scroll.body.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self._scroll = scroll

    def focus_page(self) -> None:
        """The arrow keys scroll the page."""
        self._scroll.setFocus()
