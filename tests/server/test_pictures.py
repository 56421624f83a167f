"""Pictures over HTTP: decoded from `data:` addresses, never fetched, refused in words."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.helpers import projectors, tiny_model
from tests.server.conftest import Running
from tests.server.fake_host import SECONDS
from thimble import protocol
from thimble.engine.cancel import CancelFlag
from thimble.engine.generate import ChatPrompt
from thimble.engine.host import Host
from thimble.engine.pictures import MARK, Picture
from thimble.errors import Code, ThimbleError
from thimble.protocol import LoadOptions
from thimble.server import pictures
from thimble.server.pictures import read_picture
from thimble.server.which_model import WhichModel


def made(size: tuple[int, int] = (4, 2), colour: Any = (10, 20, 30), mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, colour)


def address(picture: Image.Image, kind: str = "PNG", **options: Any) -> str:
    data = io.BytesIO()
    picture.save(data, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(data.getvalue()).decode()}"


def part(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url, "detail": "auto"}}


def asked(server: Running, content: Any) -> Any:
    return server.client().post(protocol.CHAT_COMPLETIONS, json={"messages": [{"role": "user", "content": content}]})


def told(server: Running, content: Any) -> dict[str, Any]:
    """The message that reached the engine."""
    assert asked(server, content).status_code == 200
    prompt = server.host.answered[-1].prompt
    assert isinstance(prompt, ChatPrompt)
    return prompt.messages[0]


# --- decoding ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF"])
def test_every_pixel_arrives(kind: str) -> None:
    picture = read_picture(address(made(), kind))
    assert (picture.width, picture.height, picture.pixels()) == (4, 2, bytes([10, 20, 30] * 8))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_formats_that_lose_something_are_read(kind: str) -> None:
    picture = read_picture(address(made((16, 8)), kind))
    assert (picture.width, picture.height, len(picture.pixels())) == (16, 8, 16 * 8 * 3)


def test_what_is_transparent_is_white() -> None:
    assert read_picture(address(made(colour=(0, 0, 0, 0), mode="RGBA"))).pixels() == b"\xff" * 24


def test_a_picture_is_turned_as_its_camera_was_held() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    picture = read_picture(address(made((16, 8)), "JPEG", exif=exif))
    assert (picture.width, picture.height) == (8, 16)


def test_a_large_one_is_made_smaller() -> None:
    picture = read_picture(address(made((3000, 300))))
    assert (picture.width, picture.height) == (2048, 205)
    assert len(picture.pixels()) == 2048 * 205 * 3


def test_equal_pictures_have_one_key() -> None:
    first, again, other = (read_picture(address(made(colour=colour))) for colour in ((1, 1, 1), (1, 1, 1), (2, 2, 2)))
    assert first.key == again.key != other.key


def _cut_off() -> str:
    whole = address(Image.effect_noise((256, 256), 90))
    data = base64.b64decode(whole.partition(",")[2])
    return f"data:image/png;base64,{base64.b64encode(data[: len(data) // 2]).decode()}"


def _no_picture() -> str:
    return f"data:image/png;base64,{base64.b64encode(b'not a picture at all').decode()}"


def _too_many_pixels() -> str:
    return address(Image.new("1", (10_000, 6_000)))


def _strip() -> str:
    return address(made((600, 4)))


def _too_many_bytes() -> str:
    return f"data:image/png;base64,{base64.b64encode(bytes(pictures.MOST_BYTES + 1)).decode()}"


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (_cut_off, "damaged or cut off"),
        (_no_picture, "no picture that can be read"),
        (_too_many_pixels, "50 million are the most"),
        (_strip, "too narrow"),
        (_too_many_bytes, "larger than 20 MiB"),
        (lambda: "data:image/png;base64,@@@@", "no base64"),
    ],
)
def test_a_bad_one_is_refused_in_a_sentence(bad: Callable[[], str], sentence: str) -> None:
    with pytest.raises(ThimbleError, match=sentence) as failure:
        read_picture(bad())
    assert failure.value.problem.code == Code.PICTURE_UNUSABLE


# --- requests ---------------------------------------------------------------------------------------------------


def test_parts_reach_the_engine_in_their_order(server: Running) -> None:
    content = [{"type": "text", "text": "One"}, part(address(made())), {"type": "text", "text": "two"}]
    message = told(server, content)
    assert message["content"] == f"One\n{MARK}\ntwo"
    (picture,) = message["pictures"]
    assert isinstance(picture, Picture)
    assert (picture.width, picture.height) == (4, 2)


def test_a_mark_that_somebody_writes_is_no_picture(server: Running) -> None:
    assert told(server, f"a{MARK}b")["content"] == "a\ufffdb"
    assert "pictures" not in told(server, [{"type": "text", "text": MARK}])


def test_a_field_called_pictures_is_nobodys_way_in(server: Running) -> None:
    body = {"messages": [{"role": "user", "content": "Hi", "pictures": ["file:///etc/passwd"]}]}
    assert server.client().post(protocol.CHAT_COMPLETIONS, json=body).status_code == 200
    prompt = server.host.answered[-1].prompt
    assert isinstance(prompt, ChatPrompt)
    assert "pictures" not in prompt.messages[0]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://example.org/cat.png", "never fetched"),
        ("http://127.0.0.1:1/cat.png", "never fetched"),
        ("file:///etc/hostname", "never fetched"),
        ("/etc/hostname", "must be sent as"),
        ("data:text/html;base64,AAAA", "must be sent as"),
    ],
)
def test_other_addresses_are_refused_and_the_field_is_named(server: Running, url: str, sentence: str) -> None:
    response = asked(server, [part(url)])
    error = response.json()["error"]
    assert response.status_code == 400
    assert sentence in error["message"]
    assert error["param"] == "messages.0.content"
    assert not server.host.answered


def test_sound_and_files_are_not_understood(server: Running) -> None:
    response = asked(server, [{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}])
    assert "only parts of type “text” and “image_url”" in response.json()["error"]["message"]


def test_a_damaged_picture_is_an_error_object_with_its_code(server: Running) -> None:
    error = asked(server, [part(_no_picture())]).json()["error"]
    assert error["code"] == Code.PICTURE_UNUSABLE


def test_the_list_of_models_says_which_can_see(
    server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from thimble.server import catalogue

    (tmp_path / "seeing").mkdir()
    (tmp_path / "blind").mkdir()
    for name in ("seeing/seeing.gguf", "seeing/mmproj-F16.gguf", "blind/blind.gguf"):
        (tmp_path / name).write_bytes(b"GGUF")
    monkeypatch.setattr(catalogue, "model_folders", lambda: (tmp_path, tmp_path / "none"))
    data = server.client().get(protocol.MODELS).json()["data"]
    able = {entry["id"]: "multimodal" in entry["capabilities"] for entry in data}
    assert able == {"tiny": False, "seeing": True, "blind": False}


# --- with an engine ---------------------------------------------------------------------------------------------


@pytest.mark.engine
def test_a_picture_goes_all_the_way_into_the_answer(
    server: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real engine behind the real socket."""
    host = Host()
    projectors.write_llava(tmp_path / "mmproj.gguf")
    path = tiny_model.write_random(tmp_path / "tiny.gguf")
    host.load(path, LoadOptions(threads=1), CancelFlag()).result(SECONDS)
    monkeypatch.setattr(server.service, "host", host)
    monkeypatch.setattr(server.service, "_which", WhichModel(host))
    client = server.client()

    def ask(content: Any) -> tuple[str, int]:
        messages = [{"role": "user", "content": content}]
        body = {"messages": messages, "temperature": 0, "max_tokens": 16}
        answer = client.post(protocol.CHAT_COMPLETIONS, json=body).json()
        counted = len(client.post(protocol.TOKENIZE, json={"messages": messages}).json()["tokens"])
        assert answer["usage"]["prompt_tokens"] == counted
        return answer["choices"][0]["message"]["content"], counted

    red, blue = (address(made((16, 16), colour)) for colour in ((255, 0, 0), (0, 0, 255)))
    words = {"type": "text", "text": "What is this?"}
    try:
        first, tokens = ask([words, part(red)])
        assert ask([words, part(red)]) == (first, tokens)
        assert ask([words, part(blue)])[0] != first
        assert tokens == len("u:What is this?\n\n>") + projectors.LLAVA_TOKENS
        assert client.get(protocol.MODELS).json()["data"][0]["capabilities"] == ["completion", "multimodal"]
    finally:
        host.close().result(SECONDS)
