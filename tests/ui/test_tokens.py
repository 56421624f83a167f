"""The theme's colours can be read."""

from __future__ import annotations

import pytest

from thimble.ui.theme.stylesheet import stylesheet
from thimble.ui.theme.tokens import DARK, LIGHT, MARK_CONTRAST, TEXT_CONTRAST, Colours, contrast, mix

THEMES = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
GROUNDS = ("ground", "surface", "sunken")


@THEMES
@pytest.mark.parametrize("ground", [*GROUNDS, "hover", "bubble", "code", "accent_soft"])
def test_text_is_readable_on_every_ground(colours: Colours, ground: str) -> None:
    assert contrast(colours.text, getattr(colours, ground)) >= TEXT_CONTRAST


@THEMES
@pytest.mark.parametrize("ground", [*GROUNDS, "hover"])
@pytest.mark.parametrize("role", ["muted", "accent", "danger"])
def test_quiet_and_coloured_words_are_readable(colours: Colours, ground: str, role: str) -> None:
    assert contrast(getattr(colours, role), getattr(colours, ground)) >= TEXT_CONTRAST


@THEMES
@pytest.mark.parametrize(
    ("role", "ground"), [("accent_text", "accent"), ("accent_text", "accent_hover"), ("hint_text", "hint")]
)
def test_words_on_colour_are_readable(colours: Colours, role: str, ground: str) -> None:
    assert contrast(getattr(colours, role), getattr(colours, ground)) >= TEXT_CONTRAST


@THEMES
def test_a_toasts_button_is_readable(colours: Colours) -> None:
    assert contrast(DARK.accent, colours.hint) >= TEXT_CONTRAST


@THEMES
@pytest.mark.parametrize("role", ["hit", "prefetched", "late", "miss", "compute", "other", "accent"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_data_colours_stand_out_from_the_ground(colours: Colours, role: str, ground: str) -> None:
    assert contrast(getattr(colours, role), getattr(colours, ground)) >= MARK_CONTRAST


@THEMES
def test_an_off_switch_stands_out_from_its_card(colours: Colours) -> None:
    assert contrast(colours.muted, colours.surface) >= MARK_CONTRAST


@pytest.mark.parametrize("name", list(Colours.__dataclass_fields__))
def test_every_colour_differs_between_light_and_dark(name: str) -> None:
    assert getattr(LIGHT, name) != getattr(DARK, name)


@pytest.mark.parametrize(
    ("name", "light", "dark"),
    [
        ("ground", "#FBFAF8", "#16140F"),
        ("surface", "#FFFFFF", "#1F1C17"),
        ("line", "#E7E3DC", "#332F28"),
        ("text", "#1E1B16", "#EDE8DF"),
        ("muted", "#6B645A", "#A39B8E"),
        ("accent", "#8A5F00", "#E0B050"),
        ("hit", "#007A59", "#2BC496"),
        ("prefetched", "#0062A3", "#4FA8E8"),
        ("late", "#A86A00", "#F0B23E"),
        ("miss", "#B84A00", "#F07A3C"),
        ("compute", "#2A7FB8", "#7CC4F0"),
        ("other", "#767676", "#A8A8A8"),
    ],
)
def test_the_designs_colours_are_exact(name: str, light: str, dark: str) -> None:
    assert (getattr(LIGHT, name), getattr(DARK, name)) == (light, dark)


@THEMES
def test_the_stylesheet_has_no_placeholder_left(colours: Colours) -> None:
    assert "$" not in stylesheet(colours)


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_mixing_halfway_is_the_middle() -> None:
    assert mix("#000000", "#FFFFFF", 0.5) == "#808080"
