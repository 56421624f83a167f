"""A chat as a PDF: Markdown to Qt's rich text, formulas as pictures, pages numbered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QLocale, QPointF, QSaveFile, QUrl
from PySide6.QtGui import QColor, QFont, QImage, QPageSize, QPainter, QPdfWriter, QTextDocument

from thimble.errors import Code, ThimbleError
from thimble.ui.chat.formulas import Formula
from thimble.ui.chat.markdown import make_parser
from thimble.ui.chat.math_rules import BLOCK, DISPLAY, INLINE
from thimble.ui.chat.thought_tags import split_thoughts

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_BODY_PT: Final = 10.5
_FORMULA_PX: Final = 14
_SHARP: Final = 4
"""Pixels of a formula's picture for one on the screen: paper has about so many more."""
_DPI: Final = 300

_STYLE: Final = """
h1 { font-size: 18pt; }
h2 { font-size: 11pt; color: #6b645a; margin-top: 18px; }
h3 { font-size: 13pt; } h4 { font-size: 12pt; } h5, h6 { font-size: 11pt; }
p, li { line-height: 135%; }
.note { color: #6b645a; font-size: 9pt; }
pre { background-color: #f4f2ee; font-size: 9pt; white-space: pre-wrap; margin-left: 6px; }
code { font-size: 9pt; }
blockquote { color: #4a453d; }
table { border-collapse: collapse; }
td, th { border: 1px solid #cfc9be; padding: 3px; }
"""


@dataclass(frozen=True, slots=True)
class Part:
    """One message on paper.

    Attributes:
        heading: who speaks.
        text: Markdown, or plain text of a person.
        notes: lines under the heading: files, passages.
        plain: whether the text is no Markdown.
    """

    heading: str
    text: str
    notes: tuple[str, ...] = ()
    plain: bool = False


def write_pdf(path: Path, title: str, parts: Sequence[Part], thoughts: str) -> None:
    """Writes the file whole or not at all; may be called in any thread.

    Args:
        path: the file.
        title: of the chat.
        parts: its messages.
        thoughts: what a model's thoughts are called.

    Raises:
        ThimbleError: DISK_FULL or FILE_NOT_WRITABLE.
    """
    file = QSaveFile(str(path))
    if not file.open(QSaveFile.OpenModeFlag.WriteOnly):
        raise _not_written(path, file)
    document = QTextDocument()
    document.setDefaultStyleSheet(_STYLE)
    font = QFont()
    font.setPointSizeF(_BODY_PT)
    document.setDefaultFont(font)
    document.setHtml(_html(document, title, parts, thoughts))
    writer = QPdfWriter(file)
    writer.setTitle(title)
    writer.setCreator("Thimble")
    writer.setResolution(_DPI)
    metric = QLocale.system().measurementSystem() == QLocale.MeasurementSystem.MetricSystem
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4 if metric else QPageSize.PageSizeId.Letter))
    document.print_(writer)
    if not file.commit():
        raise _not_written(path, file)


def _html(document: QTextDocument, title: str, parts: Sequence[Part], thoughts: str) -> str:
    parser = _parser(document)
    made = [f"<h1>{escape(title)}</h1>"]
    for part in parts:
        made.append(f"<h2>{escape(part.heading)}</h2>")
        made += [f'<p class="note">{escape(note)}</p>' for note in part.notes]
        if part.plain:
            made.append("<p>" + escape(part.text).replace("\n", "<br/>") + "</p>")
            continue
        thought, words = split_thoughts(part.text)
        if thought:
            shown = escape(thought).replace("\n", "<br/>")
            made.append(f'<p class="note"><b>{escape(thoughts)}</b><br/>{shown}</p>')
        made.append(_under_messages(parser.render(words)))
    return "\n".join(made)


def _under_messages(html: str) -> str:
    """An answer's headings two levels lower: the title and the names of those who speak stand above them."""
    return re.sub(r"(</?h)([1-6])>", lambda found: f"{found[1]}{min(6, int(found[2]) + 2)}>", html)


def _parser(document: QTextDocument) -> MarkdownIt:
    """Markdown to HTML; pictures are their descriptions, for nothing is fetched, not from the disk either."""
    parser = make_parser()
    formulas = _Formulas(document)

    def image(_renderer: Any, tokens: Any, place: int, _options: Any, _env: Any) -> str:
        return escape(str(tokens[place].content))

    def formula(_renderer: Any, tokens: Any, place: int, _options: Any, _env: Any) -> str:
        token = tokens[place]
        made = formulas.html(token.content, display=token.type != INLINE)
        return f'<p align="center">{made}</p>' if token.type == BLOCK else made

    parser.add_render_rule("image", image)
    for kind in (INLINE, DISPLAY, BLOCK):
        parser.add_render_rule(kind, formula)
    parser.options["highlight"] = _highlighted
    return parser


def _highlighted(code: str, language: str, _attributes: str) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return ""  # as it is
    return str(highlight(code, lexer, HtmlFormatter(noclasses=True, nowrap=True, style="xcode")))


class _Formulas:
    """Pictures of formulas, as resources of a document."""

    def __init__(self, document: QTextDocument) -> None:
        self._document = document
        self._count = 0
        self._font, self._code = QFont(), QFont("monospace")
        self._font.setPixelSize(_FORMULA_PX)
        self._code.setPixelSize(_FORMULA_PX)

    def html(self, tex: str, *, display: bool) -> str:
        """The formula as an image; its source where it cannot be set."""
        formula = Formula(tex, self._font, self._code, QColor("black"), display=display)
        if not formula.is_drawn:
            return f"<code>{escape(tex)}</code>"
        image = QImage(
            max(1, round(formula.width * _SHARP)), max(1, round(formula.height * _SHARP)), QImage.Format.Format_ARGB32
        )
        image.fill(0)
        painter = QPainter(image)
        formula.draw(painter, QPointF(0, 0), _SHARP)
        painter.end()
        name = f"formula:{self._count}"
        self._count += 1
        self._document.addResource(QTextDocument.ResourceType.ImageResource.value, QUrl(name), image)
        size = f'width="{round(formula.width)}" height="{round(formula.height)}"'
        return f'<img src="{name}" {size} style="vertical-align: middle"/>'


def _not_written(path: Path, file: QSaveFile) -> ThimbleError:
    full = file.error() == QSaveFile.FileError.ResourceError
    sentence = "The conversation could not be exported, because that place cannot be written."
    if full:
        sentence = "The conversation could not be exported, because the disk is full."
    code = Code.DISK_FULL if full else Code.FILE_NOT_WRITABLE
    return ThimbleError(code, sentence, "Choose another folder.", f"{path}: {file.errorString()}")
