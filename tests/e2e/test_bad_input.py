"""What goes wrong at the user's end comes back as one clear sentence and a failing exit code."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.helpers.moe_models import Architecture, Model, write_moe
from tests.helpers.programs import Result, run_thimble
from thimble import paths
from thimble.errors import Code

pytestmark = pytest.mark.e2e


def assert_one_sentence(result: Result, *words: str) -> None:
    lines = result.err.strip().splitlines()
    assert result.code == 1, result
    assert len(lines) == 1, result.err
    assert "Traceback" not in result.err
    for word in words:
        assert word.lower() in lines[0].lower()


def test_a_missing_file() -> None:
    assert_one_sentence(run_thimble("ask", "Hi", "--model", "./gone.gguf"), "gone.gguf")


def test_an_unknown_name() -> None:
    assert_one_sentence(run_thimble("ask", "Hi", "--model", "gone"), "gone")


def test_no_model_installed() -> None:
    assert_one_sentence(run_thimble("ask", "Hi"), "No model is installed", "--get-starter")


def test_an_empty_question() -> None:
    assert_one_sentence(run_thimble("ask", "   "), "no question")


def test_a_truncated_model(starter_model: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    with starter_model.open("rb") as whole:
        cut.write_bytes(whole.read(20_000_000))
    assert_one_sentence(run_thimble("ask", "Hi", "--model", str(cut)), "cut.gguf")


def test_a_web_page_named_gguf(tmp_path: Path) -> None:
    page = tmp_path / "page.gguf"
    page.write_text("<!DOCTYPE html><html><body>Sign in to download</body></html>")
    assert_one_sentence(run_thimble("ask", "Hi", "--model", str(page)), "page.gguf")


def test_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "folder.gguf"
    folder.mkdir()
    assert_one_sentence(run_thimble("ask", "Hi", "--model", str(folder)), "folder")


def test_a_model_of_an_unknown_architecture(starter_model: Path, tmp_path: Path) -> None:
    strange = tmp_path / "strange.gguf"
    data = bytearray(starter_model.read_bytes())
    where = data.index(b"general.architecture") + len("general.architecture") + 4 + 8
    assert data[where : where + 5] == b"llama"
    data[where : where + 5] = b"zebra"
    strange.write_bytes(data)
    assert_one_sentence(run_thimble("ask", "Hi", "--model", str(strange)), "zebra")


def test_experts_that_do_not_fit_together(tmp_path: Path) -> None:
    def change(model: Model) -> None:
        model.matrix("blk.1.ffn_down_exps.weight", 8, 128, 256)

    path = write_moe(tmp_path / "odd.gguf", Architecture.SMALLTHINKER, change=change)
    assert_one_sentence(run_thimble("ask", "Hi", "--model", str(path)), "odd.gguf", "ffn_down_exps", "256 × 128 × 8")


def test_a_token_that_uses_more_experts_than_there_are(tmp_path: Path) -> None:
    def change(model: Model) -> None:
        model.numbers["expert_used_count"] = 9

    path = write_moe(tmp_path / "odd.gguf", Architecture.SMALLTHINKER, change=change)
    assert_one_sentence(run_thimble("ask", "Hi", "--model", str(path)), "odd.gguf", "uses 9 experts of 8")


def test_a_router_that_is_no_numbers(tmp_path: Path) -> None:
    def change(model: Model) -> None:
        model.tensors["blk.1.ffn_gate_inp.weight"][0][3] = float("nan")

    path = write_moe(tmp_path / "odd.gguf", Architecture.SMALLTHINKER, change=change)
    assert_one_sentence(run_thimble("ask", "Hi", "--model", str(path)), "odd.gguf", "ffn_gate_inp", "no numbers")


def test_experts_that_are_no_numbers(tmp_path: Path) -> None:
    def change(model: Model) -> None:
        model.tensors["blk.1.ffn_down_exps.weight"][0][..., 0::18] = 0xFF  # scales in half floats: 0xFFFF is NaN
        model.tensors["blk.1.ffn_down_exps.weight"][0][..., 1::18] = 0xFF

    path = write_moe(tmp_path / "odd.gguf", Architecture.SMALLTHINKER, change=change)
    assert_one_sentence(
        run_thimble("ask", "Hi", "--model", str(path)), "no numbers", "elete it, then download it again"
    )


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    # A socket cannot be opened for reading by anybody, root included, which a file of mode 0 can.
    secret = tmp_path / "secret.gguf"
    with socket.socket(socket.AF_UNIX) as holder:
        holder.bind(str(secret))
        assert_one_sentence(run_thimble("ask", "Hi", "--model", str(secret)), "secret.gguf")


def test_json_carries_the_same_problem_as_an_object() -> None:
    result = run_thimble("ask", "Hi", "--json")
    assert result.json_lines()[-1]["error"]["code"] == Code.NO_MODEL


def test_a_question_longer_than_the_context(starter_model: Path) -> None:
    assert_one_sentence(
        run_thimble("ask", "--model", str(starter_model), "--context", "256", stdin="word " * 2000), "256"
    )


def test_a_memory_limit_the_model_does_not_fit(starter_model: Path) -> None:
    result = run_thimble("ask", "Hi", "--model", str(starter_model), "--memory-limit", "20MiB")
    assert_one_sentence(result, "memory")


def test_a_port_that_is_taken() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert_one_sentence(run_thimble("serve", "--port", str(port)), str(port))


def test_a_stale_lock_file_is_stepped_over(starter_model: Path) -> None:
    lock = paths.runtime_dir() / "engine.json"
    lock.write_text('{"pid": 4194300, "port": 9, "token": "old", "host": "127.0.0.1"}')
    assert run_thimble("ask", "Hi", "--model", str(starter_model), "--max-tokens", "2").code == 0


def test_a_damaged_lock_file_is_stepped_over(starter_model: Path) -> None:
    (paths.runtime_dir() / "engine.json").write_text("{")
    assert run_thimble("ask", "Hi", "--model", str(starter_model), "--max-tokens", "2").code == 0
