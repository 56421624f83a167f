"""The terminal commands, as processes, with the starter model."""

from __future__ import annotations

import signal
from pathlib import Path

import httpx
import psutil
import pytest

from tests.helpers.programs import engine_process, install, run_thimble, serving, wait_until
from thimble import __version__
from thimble.client import lockfile

pytestmark = pytest.mark.e2e


def test_version_names_thimble_and_its_engine() -> None:
    result = run_thimble("--version")
    assert result.code == 0
    assert result.out.startswith(f"thimble {__version__} (engine 0.3.36")


def test_ask_answers_a_question_of_fact(starter_model: Path, thimble_home: Path) -> None:
    install(starter_model, thimble_home)
    result = run_thimble("ask", "What is the capital of France?", "--max-tokens", "32")
    assert (result.code, result.err) == (0, "")
    assert "Paris" in result.out


def test_ask_json_ends_with_the_figures_of_the_answer(starter_model: Path) -> None:
    result = run_thimble(
        "ask", "Say hello.", "--model", str(starter_model), "--json", "--max-tokens", "8", "--seed", "1"
    )
    lines = result.json_lines()
    answer = lines[-1]
    assert {line["type"] for line in lines[:-1]} == {"text"}
    assert answer["type"] == "answer"
    assert answer["text"] == "".join(line["text"] for line in lines[:-1])
    assert answer["timings"]["generated_tokens"] <= 8
    assert answer["timings"]["prompt_tokens"] > 0
    assert answer["peak_memory_bytes"] > starter_model.stat().st_size


def test_the_same_seed_gives_the_same_answer(starter_model: Path) -> None:
    arguments = ("ask", "Name a colour.", "--model", str(starter_model), "--seed", "7", "--max-tokens", "12")
    assert run_thimble(*arguments).out == run_thimble(*arguments).out


def test_ask_reads_the_question_from_stdin(starter_model: Path) -> None:
    result = run_thimble("ask", "--model", str(starter_model), "--max-tokens", "4", stdin="Say hello.\n")
    assert result.code == 0
    assert result.out.strip()


def test_the_engine_ends_after_the_question(starter_model: Path) -> None:
    run_thimble("ask", "Hi", "--model", str(starter_model), "--max-tokens", "2")
    wait_until(lambda: lockfile.read() is None, "the engine ended")


def test_models_lists_what_is_installed_and_what_is_damaged(starter_model: Path, thimble_home: Path) -> None:
    install(starter_model, thimble_home)
    (thimble_home / "models" / "page.gguf").write_text("<!doctype html><title>Sign in</title>")
    lines = run_thimble("models").out.splitlines()
    assert [line.split()[0] for line in lines] == ["page", starter_model.stem]
    assert "llama" in lines[1]


def test_models_without_any_says_how_to_get_one() -> None:
    result = run_thimble("models")
    assert "thimble models --get-starter" in result.out


def test_ctrl_c_ends_serve_and_its_engine(starter_model: Path) -> None:
    with serving("--model", str(starter_model)) as serve:
        engine = engine_process()
        assert serve.interrupt() == 0
        wait_until(lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE, "the engine ended")


def test_a_killed_serve_leaves_no_engine_behind() -> None:
    with serving() as serve:
        engine = engine_process()
        serve.process.send_signal(signal.SIGKILL)
        wait_until(lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE, "the engine ended")


def test_serve_says_when_its_engine_is_killed() -> None:
    with serving() as serve:
        engine_process().kill()
        assert serve.process.wait(15) == 1
        assert serve.process.stderr is not None
        assert "stopped unexpectedly" in serve.process.stderr.read()


def test_a_second_serve_joins_the_running_engine() -> None:
    with serving() as first, serving(holds_engine=False) as second:
        assert (second.base_url, second.key) == (first.base_url, first.key)


def test_the_engine_stays_while_another_serve_holds_it() -> None:
    with serving() as first, serving(holds_engine=False):
        pid = engine_process().pid
        first.interrupt()
        assert run_thimble("models").code == 0
        assert engine_process().pid == pid


def test_serve_answers_on_the_port_and_key_asked_for(unused_port: int) -> None:
    with serving("--port", str(unused_port), "--api-key", "my-key") as serve:
        assert serve.base_url == f"http://127.0.0.1:{unused_port}/v1"
        assert serve.key == "my-key"
        assert "my-key" not in " ".join(engine_process().cmdline())


def test_serve_opens_a_door_with_its_own_key_and_pages(unused_port: int) -> None:
    key, page = "a-key-of-sixteen-letters", "http://localhost:3000"
    with serving("--port", str(unused_port), "--api-key", key, "--cors", page) as serve:
        assert (serve.base_url, serve.key) == (f"http://127.0.0.1:{unused_port}/v1", key)
        headers = {"Authorization": f"Bearer {key}", "Origin": page}
        told = httpx.get(f"{serve.base_url}/models", headers=headers, trust_env=False)
        assert told.headers["access-control-allow-origin"] == page


def test_serve_stays_off_the_network_without_a_key() -> None:
    done = run_thimble("serve", "--lan")
    assert done.code == 1
    assert "--api-key-file" in done.err


def test_a_key_in_a_file_is_in_no_list_of_programs(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("a-key-in-a-file\n")
    file.chmod(0o600)
    with serving("--api-key-file", str(file)) as serve:
        assert serve.key == "a-key-in-a-file"
        shown = [*serve.process.args, *engine_process().cmdline()] if isinstance(serve.process.args, list) else []
        assert shown
        assert "a-key-in-a-file" not in " ".join(map(str, shown))
