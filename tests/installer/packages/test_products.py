"""The .deb and the tarball of a small program."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from installer.errors import InstallerError
from installer.packages import deb, glibc, repeat, system_parts, tarball
from installer.packages.facts import Workshop, version
from installer.process import which

EPOCH = 1_700_000_000
needs_dpkg = pytest.mark.skipif(which("dpkg-deb") is None or which("dpkg-shlibdeps") is None, reason="no dpkg")


@pytest.fixture(autouse=True)
def then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(EPOCH))


@pytest.fixture
def share(tmp_path: Path) -> Path:
    folder = tmp_path / "share"
    (folder / "applications").mkdir(parents=True)
    (folder / "applications" / "x.desktop").write_text("[Desktop Entry]\n")
    return folder


@pytest.fixture
def package(workshop: Workshop, share: Path) -> Path:
    shutil.copyfile("/bin/true", workshop.internals / "libsmall.so")  # a real file with real needs
    return deb.build(workshop, share)


def told(package: Path, field: str) -> str:
    done = subprocess.run(["dpkg-deb", "--field", str(package), field], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@needs_dpkg
def test_the_deb_says_what_it_is_and_needs(package: Path, workshop: Workshop) -> None:
    assert told(package, "Package") == "thimble"
    assert told(package, "Version") == version(workshop.root)
    needs = told(package, "Depends")
    assert "libc6" in needs
    assert "libegl1" in needs
    assert "python" not in needs


@needs_dpkg
def test_the_deb_does_not_ask_for_libraries_that_it_has(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copyfile("/bin/true", workshop.internals / "libsmall.so")
    own = system_parts.SystemPart("libc6", "2", b"", ("libc.so.6",))
    assert any("libc6" in one for one in deb.dependencies(workshop, workshop.program))
    monkeypatch.setattr(system_parts, "of", lambda _: [own])
    assert not any("libc6" in one for one in deb.dependencies(workshop, workshop.program))


@needs_dpkg
def test_all_of_the_deb_is_roots_and_the_program_can_be_started(package: Path) -> None:
    listed = subprocess.run(["dpkg-deb", "--contents", str(package)], capture_output=True, text=True, check=True).stdout
    lines = listed.splitlines()
    assert all(" root/root " in line for line in lines)
    modes = {line.split()[5]: line.split()[0] for line in lines}
    assert modes["./usr/lib/thimble/thimble"] == "-rwxr-xr-x"
    assert modes["./usr/lib/thimble/_internal/data.txt"] == "-rw-r--r--"
    assert "./usr/bin/thimble" in modes


@needs_dpkg
def test_the_same_contents_make_the_same_deb(package: Path, workshop: Workshop, share: Path) -> None:
    first = package.read_bytes()
    assert deb.build(workshop, share).read_bytes() == first


@needs_dpkg
def test_a_library_that_is_nowhere_stops_the_build(workshop: Workshop, tmp_path: Path) -> None:
    compiler = which("cc")
    if compiler is None:
        pytest.skip("no compiler")
    lost, user = tmp_path / "liblost.so", workshop.internals / "libuser.so"
    subprocess.run([compiler, "-shared", "-Wl,-soname,liblost.so.1", "-o", str(lost), "-xc", "/dev/null"], check=True)
    arguments = ["-shared", "-Wl,--no-as-needed", "-o", str(user), "-xc", "/dev/null", "-xnone", str(lost)]
    subprocess.run([compiler, *arguments], check=True)
    with pytest.raises(InstallerError, match=r"liblost\.so\.1"):
        deb.dependencies(workshop, workshop.program)


def test_the_tar_stream_is_nobodys_in_order_and_of_one_time(tmp_path: Path) -> None:
    folder = tmp_path / "thimble-1"
    for name in ("b", "a/x"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    (folder / "thimble").write_text("program")
    (folder / "link").symlink_to("b")
    first, second = io.BytesIO(), io.BytesIO()
    tarball.write(folder, first, EPOCH)
    (folder / "b").touch()
    tarball.write(folder, second, EPOCH)
    assert first.getvalue() == second.getvalue()
    with tarfile.open(fileobj=io.BytesIO(first.getvalue())) as archive:
        members = archive.getmembers()
    names = ["", "/a", "/a/x", "/b", "/link", "/thimble"]
    assert [member.name for member in members] == [f"thimble-1{name}" for name in names]
    assert {(member.uid, member.uname, member.mtime) for member in members} == {(0, "root", EPOCH)}
    assert {member.name[10:]: member.mode for member in members if member.isfile()} == {
        "a/x": 0o644,
        "b": 0o644,
        "thimble": 0o755,
    }


@pytest.mark.skipif(which("xz") is None, reason="no xz")
def test_the_tarball_unpacks_into_one_folder_with_its_readme(workshop: Workshop, share: Path, tmp_path: Path) -> None:
    made = tarball.build(workshop, share, "2.36")
    out = tmp_path / "out"
    with tarfile.open(made) as archive:
        archive.extractall(out, filter="data")
    (folder,) = out.iterdir()
    assert "glibc 2.36" in (folder / "README.txt").read_text("utf-8")
    assert (folder / "share" / "applications" / "x.desktop").is_file()
    assert subprocess.run([folder / "thimble"], capture_output=True, text=True, check=True).stdout == "thimble\n"


def test_the_newest_c_library_that_any_file_asks_for_counts(tmp_path: Path) -> None:
    (tmp_path / "one.so").write_bytes(b"\x7fELF GLIBC_2.4\x00 GLIBC_2.34\x00")
    (tmp_path / "two.so").write_bytes(b"\x7fELF GLIBC_2.17\x00 GLIBC_2.2.5\x00")
    (tmp_path / "note.txt").write_bytes(b"GLIBC_2.99\x00")
    assert glibc.oldest(tmp_path) == "2.34"


def test_two_builds_are_compared_by_content_mode_and_links(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name / "in").mkdir(parents=True)
        (tmp_path / name / "in" / "same").write_text("same")
        (tmp_path / name / "program").write_text("x")
        (tmp_path / name / "link").symlink_to("in")
    first, second = tmp_path / "first", tmp_path / "second"
    assert repeat.differing(first, second) == []
    (second / "program").chmod(0o755)
    (second / "in" / "more").touch()
    (second / "link").unlink()
    (second / "link").symlink_to("program")
    assert repeat.differing(first, second) == ["in/more", "link", "program"]
