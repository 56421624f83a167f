"""Typed settings in three layers, and the file they live in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thimble import settings as module
from thimble.errors import Code, ThimbleError
from thimble.settings import Settings, write_atomically
from thimble.settings_table import BY_KEY, GIB, SETTINGS, Kind, Scope, Setting, Value


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


def _content(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return content


def test_without_a_file_every_setting_has_its_default(file: Path) -> None:
    settings = Settings.load(file)
    assert all(settings.value(setting.key) == setting.default for setting in SETTINGS)
    assert all(settings.is_default(setting.key) for setting in SETTINGS)
    assert settings.warning == ""


def test_reading_alone_writes_no_file(file: Path) -> None:
    Settings.load(file)
    assert not file.exists()


def test_a_value_is_there_after_reloading(file: Path) -> None:
    Settings.load(file).set("look.theme", "dark")
    settings = Settings.load(file)
    assert settings.text("look.theme") == "dark"
    assert not settings.is_default("look.theme")


def test_a_models_value_wins_over_the_global_one(file: Path) -> None:
    settings = Settings.load(file)
    settings.set("engine.context", 8192)
    settings.set("engine.context", 2048, model="small")
    assert settings.integer("engine.context") == 8192
    assert settings.integer("engine.context", model="small") == 2048
    assert settings.integer("engine.context", model="other") == 8192
    assert Settings.load(file).integer("engine.context", model="small") == 2048


def test_a_conversations_value_wins_over_the_models(file: Path) -> None:
    settings = Settings.load(file)
    settings.set("answers.temperature", 1.0, model="small")
    assert settings.value("answers.temperature", model="small", conversation={"answers.temperature": 0.1}) == 0.1
    assert settings.value("answers.temperature", model="small", conversation={}) == 1.0


def test_a_conversations_value_that_does_not_fit_is_passed_over() -> None:
    assert Settings().value("answers.temperature", conversation={"answers.temperature": "hot"}) == 0.6


def test_a_conversation_cannot_override_what_belongs_to_the_model() -> None:
    assert Settings().value("engine.context", conversation={"engine.context": 512}) == 4096


def test_a_global_setting_has_no_layer_for_models() -> None:
    with pytest.raises(ValueError, match="every model"):
        Settings().set("look.theme", "dark", model="small")


def test_resetting_returns_to_the_next_outer_layer(file: Path) -> None:
    settings = Settings.load(file)
    settings.set("engine.context", 8192)
    settings.set("engine.context", 2048, model="small")
    settings.reset("engine.context", model="small")
    assert settings.integer("engine.context", model="small") == 8192
    settings.reset("engine.context")
    assert settings.integer("engine.context") == 4096
    assert _content(file)["global"] == {}


def test_a_value_can_be_given_back_its_default_by_choice(file: Path) -> None:
    settings = Settings.load(file)
    settings.set("engine.context", 8192)
    settings.set("engine.context", 4096)
    assert Settings.load(file).integer("engine.context") == 4096


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("files.offline", 1),
        ("look.theme", "purple"),
        ("look.theme", True),
        ("files.models_folder", 3),
        ("engine.context", 255),
        ("engine.context", 2_000_000),
        ("engine.context", "4096"),
        ("engine.context", True),
        ("engine.context", None),
        ("engine.threads", -1),
        ("engine.memory_limit", 1),
        ("answers.temperature", 2.5),
        ("answers.temperature", float("nan")),
    ],
)
def test_a_value_that_does_not_fit_is_refused(file: Path, key: str, value: object) -> None:
    settings = Settings.load(file)
    with pytest.raises(ValueError, match=key):
        settings.set(key, value)
    assert settings.is_default(key)
    assert not file.exists()


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("engine.threads", 0, 0),
        ("engine.memory_limit", 8 * GIB, 8 * GIB),
        ("engine.context", 512.0, 512),
        ("answers.temperature", 1, 1.0),
        ("answers.temperature", 0, 0.0),
        ("answers.system_prompt", "Be brief. ü", "Be brief. ü"),
        ("files.offline", True, True),
    ],
)
def test_a_value_that_fits_is_kept_in_its_type(file: Path, key: str, value: object, kept: Value) -> None:
    Settings.load(file).set(key, value)
    found = Settings.load(file).value(key)
    assert (found, type(found)) == (kept, type(kept))


def test_listeners_hear_of_each_change_once_and_not_after_they_left(file: Path) -> None:
    settings = Settings.load(file)
    heard: list[str] = []
    leave = settings.subscribe(heard.append)
    settings.set("look.theme", "dark")
    settings.set("look.theme", "dark")
    settings.reset("look.theme")
    settings.reset("look.theme")
    leave()
    settings.set("look.theme", "light")
    assert heard == ["look.theme", "look.theme"]


def test_what_a_newer_version_wrote_is_kept(file: Path) -> None:
    file.parent.mkdir()
    content = {
        "version": 7,
        "global": {"look.theme": "dark", "look.sparkle": 3},
        "models": {"m": {"engine.magic": True}},
        "plugins": {"a": 1},
    }
    file.write_text(json.dumps(content))
    settings = Settings.load(file)
    settings.set("files.offline", True)
    assert _content(file) == {**content, "global": {"look.theme": "dark", "look.sparkle": 3, "files.offline": True}}
    assert settings.text("look.theme") == "dark"


def test_a_value_in_the_file_that_does_not_fit_is_passed_over(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps({"version": 1, "global": {"engine.context": "long", "look.theme": "dark"}}))
    settings = Settings.load(file)
    assert settings.integer("engine.context") == 4096
    assert settings.text("look.theme") == "dark"


@pytest.mark.parametrize("content", ["{", "[]", "", "\x00\x01", '"text"'])
def test_a_damaged_file_is_set_aside_and_said(file: Path, content: str) -> None:
    file.parent.mkdir()
    file.write_text(content)
    settings = Settings.load(file)
    assert "damaged" in settings.warning
    assert settings.text("look.theme") == "system"
    assert file.with_suffix(".damaged").read_text() == content
    settings.set("look.theme", "dark")
    assert Settings.load(file).text("look.theme") == "dark"


def test_a_file_that_is_not_utf_8_is_set_aside(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b'{"global": "\xff"}')
    assert "damaged" in Settings.load(file).warning


@pytest.mark.parametrize("layers", [{"global": 3}, {"models": []}, {"models": {"m": "x"}}, {"version": "one"}])
def test_layers_of_the_wrong_kind_count_as_empty(file: Path, layers: dict[str, object]) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps(layers))
    settings = Settings.load(file)
    assert settings.warning == ""
    assert settings.text("look.theme", model="m") == "system"


def test_an_older_file_is_migrated_step_by_step(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "global": {"look.theme": data["global"]["colours"]}}

    def shout(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "seen": data["global"]["look.theme"]}

    monkeypatch.setattr(module, "MIGRATIONS", (rename, shout))
    monkeypatch.setattr(module, "FILE_VERSION", 3)
    file.parent.mkdir()
    file.write_text(json.dumps({"version": 1, "global": {"colours": "dark"}}))
    settings = Settings.load(file)
    assert settings.text("look.theme") == "dark"
    settings.set("files.offline", True)
    assert (_content(file)["version"], _content(file)["seen"]) == (3, "dark")


def test_only_the_missing_steps_run(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError("this step was done when the file was written")

    monkeypatch.setattr(module, "MIGRATIONS", (never,))
    monkeypatch.setattr(module, "FILE_VERSION", 2)
    file.parent.mkdir()
    file.write_text(json.dumps({"version": 2, "global": {"look.theme": "dark"}}))
    assert Settings.load(file).text("look.theme") == "dark"


def test_a_file_that_cannot_be_written_says_so_and_the_value_holds(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = Settings(tmp_path / "file" / "settings.json")
    heard: list[str] = []
    settings.subscribe(heard.append)
    with pytest.raises(ThimbleError) as raised:
        settings.set("look.theme", "dark")
    assert raised.value.problem.code == Code.FILE_NOT_WRITABLE
    assert settings.text("look.theme") == "dark"
    assert heard == ["look.theme"]


def test_a_write_that_fails_keeps_the_old_file_and_leaves_nothing_beside_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_atomically(file, "old")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("thimble.settings.os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_atomically(file, "new")
    assert [path.name for path in file.parent.iterdir()] == ["settings.json"]
    assert file.read_text() == "old"


def test_settings_without_a_file_live_in_memory() -> None:
    settings = Settings()
    settings.set("look.theme", "dark")
    assert settings.text("look.theme") == "dark"


def test_values_can_be_asked_for_in_their_type() -> None:
    settings = Settings()
    assert (settings.switch("files.offline"), settings.integer("engine.context")) == (False, 4096)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_every_setting_is_whole(setting: Setting) -> None:
    assert BY_KEY[setting.key] is setting
    assert setting.key.count(".") == 1
    assert setting.title
    assert setting.sentence.endswith(".")
    assert setting.accept(setting.default) == setting.default
    if setting.kind in {Kind.INTEGER, Kind.DECIMAL, Kind.BYTES}:
        assert setting.minimum < setting.maximum
        assert setting.step > 0
    if setting.kind is Kind.CHOICE:
        assert len(setting.choices) > 1
    if setting.reload_model:
        assert setting.scope in {Scope.MODEL, Scope.MODEL_ONLY}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(key=st.sampled_from([setting.key for setting in SETTINGS]), value=_JSON)
def test_any_value_is_accepted_or_refused_with_a_value_error(key: str, value: object) -> None:
    setting = BY_KEY[key]
    try:
        accepted = setting.accept(value)
    except ValueError:
        return
    assert setting.accept(accepted) == accepted


def test_what_suits_a_model_holds_until_a_person_chooses() -> None:
    settings = Settings(None)
    starter = "SmolLM2-135M-Instruct.Q4_1"
    assert settings.value("answers.temperature", model=starter) == 0.0
    assert settings.value("answers.temperature", model="another") == 0.6
    settings.set("answers.temperature", 0.9)
    assert settings.value("answers.temperature", model=starter) == 0.9


def _of_version_1(file: Path) -> Settings:
    file.parent.mkdir()
    models = {"tiny": {"engine.context": 1024, "engine.threads": 2, "newer.setting": 7}}
    file.write_text(json.dumps({"version": 1, "global": {}, "models": models}), "utf-8")
    return Settings.load(file)


def test_settings_by_file_name_hold_for_every_file_of_that_name(file: Path) -> None:
    settings = _of_version_1(file)
    assert [settings.integer("engine.context", model=key) for key in ("tiny", "sub/tiny", "hub:anna/tiny/tiny")] == [
        1024
    ] * 3
    assert settings.has_own("engine.threads", "sub/tiny")


def test_a_change_holds_for_one_file_of_that_name_alone(file: Path) -> None:
    _of_version_1(file).set("engine.context", 2048, model="sub/tiny")
    settings = Settings.load(file)
    assert settings.integer("engine.context", model="sub/tiny") == 2048
    assert settings.integer("engine.threads", model="sub/tiny") == 2
    assert settings.integer("engine.context", model="tiny") == 1024
    assert _content(file)["models"]["sub/tiny"]["newer.setting"] == 7


def test_what_was_reset_for_one_file_of_that_name_does_not_come_back(file: Path) -> None:
    settings = _of_version_1(file)
    for key in ("engine.context", "engine.threads"):
        settings.reset(key, model="sub/tiny")
    again = Settings.load(file)
    assert not again.has_own("engine.context", "sub/tiny")
    assert again.has_own("engine.context", "tiny")


def test_a_model_is_known_by_its_place(tmp_path: Path) -> None:
    settings = Settings(None)
    settings.set("files.models_folder", str(tmp_path))
    hub = tmp_path / "models--anna--small" / "snapshots" / ("0" * 40) / "Q4" / "small-00001-of-00002.gguf"
    assert settings.model_key(tmp_path / "small.gguf") == "small"
    assert settings.model_key(tmp_path / "anna" / "small.GGUF") == "anna/small"
    assert settings.model_key(hub.with_name("small-00002-of-00002.gguf")) == "hub:anna/small/Q4/small-00001-of-00002"
    assert settings.model_key("/elsewhere/small.gguf") == "/elsewhere/small"
    assert settings.model_key("") == ""
