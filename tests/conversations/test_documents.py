"""The text of files that are attached, and files that have none."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from thimble.conversations import documents
from thimble.conversations.documents import read_document
from thimble.errors import Code, ThimbleError


def pdf_of(*pages: str) -> bytes:
    """A PDF file with a line of text on each page."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>"]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for number, text in enumerate(pages):
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode() if text else b""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    made, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    tail = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(made))
    return made + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (size, table, tail)


def _made(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Grüße, 世界 🌍\n".encode(), "Grüße, 世界 🌍\n"),
        (b"\xef\xbb\xbfone\r\ntwo\rthree", "one\ntwo\nthree"),
        ("wide ü".encode("utf-16"), "wide ü"),
        (b"caf\xe9", "café"),
    ],
)
def test_text_is_read_in_the_coding_it_has(tmp_path: Path, content: bytes, text: str) -> None:
    assert read_document(_made(tmp_path, "a.txt", content)).text == text


def test_an_empty_page_keeps_its_number(tmp_path: Path) -> None:
    document = read_document(_made(tmp_path, "plan.pdf", pdf_of("", "Second page", "")))
    assert (document.text, document.pages) == ("\fSecond page\f", 3)


def test_a_docx_file_gives_paragraphs_headings_and_tables_in_their_order(tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")  # missing in an environment that is older than this
    made = docx.Document()
    made.add_heading("Plan", 2)
    made.add_paragraph("First step")
    cells = made.add_table(1, 2).rows[0].cells
    cells[0].text, cells[1].text = "Bread", "2.50"
    made.add_paragraph("Last step")
    made.save(str(tmp_path / "plan.docx"))
    document = read_document(tmp_path / "plan.docx")
    assert document.text == "## Plan\n\nFirst step\n\n| Bread | 2.50 |\n\nLast step"


def test_a_broken_docx_file_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("docx")
    with pytest.raises(ThimbleError, match="damaged"):
        read_document(_made(tmp_path, "broken.docx", b"PK\x03\x04" + b"garbage" * 50))


def test_a_docx_file_of_gigabytes_in_a_few_bytes_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("docx")
    with zipfile.ZipFile(tmp_path / "bomb.docx", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"word/{number}.xml", bytes(documents.MOST_BYTES))
    with pytest.raises(ThimbleError, match="unpacked"):
        read_document(tmp_path / "bomb.docx")


def test_a_pdf_gives_the_text_of_all_its_pages(tmp_path: Path) -> None:
    document = read_document(_made(tmp_path, "plan.pdf", pdf_of("First page", "Second page")))
    assert (document.name, document.text, document.pages) == ("plan.pdf", "First page\fSecond page", 2)


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("photo.png", b"\x89PNG\r\n", "picture"),
        ("program", b"\x7fELF\0\0\0", "no text"),
        ("empty.txt", b" \n", "empty"),
        ("scan.pdf", pdf_of(""), "without text"),
        ("broken.pdf", b"%PDF-1.7\n" + b"garbage" * 50, "damaged"),
        ("cut.pdf", pdf_of("Page")[:200], "damaged"),
    ],
)
def test_what_has_no_text_is_refused_with_a_sentence(tmp_path: Path, name: str, content: bytes, word: str) -> None:
    with pytest.raises(ThimbleError, match=word) as raised:
        read_document(_made(tmp_path, name, content))
    assert raised.value.problem.code == Code.BAD_REQUEST
    assert name in raised.value.problem.sentence


def test_a_file_that_is_gone_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ThimbleError, match="cannot be read"):
        read_document(tmp_path / "gone.txt")
    monkeypatch.setattr(documents, "MOST_BYTES", 3)
    with pytest.raises(ThimbleError, match="larger"):
        read_document(_made(tmp_path, "long.txt", b"four"))


def test_reading_a_pdf_can_be_stopped(tmp_path: Path) -> None:
    with pytest.raises(ThimbleError) as raised:
        read_document(_made(tmp_path, "plan.pdf", pdf_of("one")), cancelled=lambda: True)
    assert raised.value.problem.code == Code.CANCELLED
