"""Files that are made to harm whoever reads them end in a sentence, and only their own process with them."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import docx
import psutil
import pytest

from thimble.conversations import document_process
from thimble.conversations.documents import read_document
from thimble.errors import Code, ThimbleError

HEAD = (
    b'<?xml version="1.0"?><!DOCTYPE w:document [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
)
TAIL = b"</w:body></w:document>"
WIDE_TABLE = (
    b'<w:tbl><w:tblGrid><w:gridCol w:w="1"/></w:tblGrid><w:tr><w:tc><w:tcPr><w:gridSpan w:val="100000000"/></w:tcPr>'
    b"<w:p/></w:tc></w:tr></w:tbl>"
)
"""One cell that says it is as wide as a hundred million."""


def docx_of(path: Path, body: Iterator[bytes] | list[bytes], head: bytes = HEAD) -> Path:
    plain = io.BytesIO()
    docx.Document().save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in source.infolist():
            if entry.filename != "word/document.xml":
                made.writestr(entry, source.read(entry))
        with made.open("word/document.xml", "w") as file:
            for piece in [head, *body, TAIL]:
                file.write(piece)
    return path


def pdf_of(path: Path, objects: list[bytes]) -> Path:
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, table)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, out.rindex(b"xref"))
    path.write_bytes(out)
    return path


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (extra, len(data), data)


def page_of(content: bytes, extra: bytes = b"") -> list[bytes]:
    return [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        stream(content, extra),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]


def refused(path: Path) -> str:
    with pytest.raises(ThimbleError) as failed:
        read_document(path)
    assert failed.value.problem.code == Code.BAD_REQUEST
    return failed.value.problem.sentence


def test_a_page_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * 2**20) for _ in range(128)) + packer.flush()
    assert len(packed) < 2**20
    assert "damaged" in refused(pdf_of(tmp_path / "bomb.pdf", page_of(packed, b"/Filter/FlateDecode")))


def test_pages_that_go_round_in_a_circle_are_refused(tmp_path: Path) -> None:
    objects = page_of(b"x")
    objects[1] = b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"
    assert "damaged" in refused(pdf_of(tmp_path / "circle.pdf", objects))


def test_what_takes_too_long_is_killed(tmp_path: Path) -> None:
    before = set(psutil.Process().children())
    path = docx_of(tmp_path / "wide.docx", [WIDE_TABLE])
    with pytest.raises(document_process.Unreadable) as failed:
        document_process.read_apart(path, lambda: False, seconds=1)
    assert failed.value.slow
    assert set(psutil.Process().children()) <= before


def test_whoever_waits_can_stop_it_at_any_time(tmp_path: Path) -> None:
    before = set(psutil.Process().children())
    looks = iter([False, False])
    with pytest.raises(ThimbleError) as stopped:
        read_document(docx_of(tmp_path / "wide.docx", [WIDE_TABLE]), lambda: next(looks, True))
    assert stopped.value.problem.code == Code.CANCELLED
    assert set(psutil.Process().children()) <= before


def test_a_document_gets_only_its_share_of_memory(tmp_path: Path) -> None:
    path = docx_of(tmp_path / "many.docx", [b"<w:p/>" * 100_000] * 30)
    assert path.stat().st_size < 2**17
    module = "thimble.conversations.document_process"
    program = f"import sys; from {module} import *; import {module} as m; m.MEMORY = 2**28; m.main(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode != 0 or "problem" in done.stdout


def test_a_process_that_ends_without_a_word_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert "too much memory" in refused(docx_of(tmp_path / "plain.docx", [b"<w:p/>"]))


def test_entities_are_not_unfolded_and_no_other_file_is_read(tmp_path: Path) -> None:
    words = b"<w:p><w:r><w:t>seen &b; &file;</w:t></w:r></w:p>"
    path = docx_of(tmp_path / "entities.docx", [words])
    try:
        text = read_document(path).text
    except ThimbleError:
        text = ""
    assert "root:" not in text
    assert "aaaa" not in text
