"""Every colour and size of the window, once. Pure values: no Qt here, so contrast can be computed in a test.

`design/LOOK.md` fixes the named colours; what is derived from them (hover, selection, sunken grounds) is mixed here,
so that a change of one colour carries through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

S_HALF: Final = 4
S1: Final = 8
S2: Final = 16
S3: Final = 24
S4: Final = 32
S5: Final = 48
"""Spacing: an 8-px grid, with one half step."""

RADIUS: Final = 8
RADIUS_SMALL: Final = 6
RADIUS_TINY: Final = 3

TEXT_PX: Final = 14
SMALL_PX: Final = 12
TINY_PX: Final = 10
CODE_PX: Final = 13
HEADING_PX: Final = 16
TITLE_PX: Final = 20
BIG_PX: Final = 28
LINE_HEIGHT: Final = 1.5

RAIL_WIDTH: Final = 72
LIST_WIDTH: Final = 260
LIST_MINIMUM: Final = 200
LIST_MAXIMUM: Final = 420
INSPECTOR_WIDTH: Final = 300
BAR_HEIGHT: Final = 28
CONTENT_WIDTH: Final = 760
"""The widest column of text."""
WINDOW_WIDTH: Final = 1200
WINDOW_HEIGHT: Final = 800
WINDOW_MINIMUM_WIDTH: Final = 900
WINDOW_MINIMUM_HEIGHT: Final = 600

CONTROL_HEIGHT: Final = 32
ROW_HEIGHT: Final = 36
HEADING_HEIGHT: Final = 24
"""A card's first line, whether or not a small button stands in it: headings of neighbours share a line."""
ICON: Final = 16
ICON_LARGE: Final = 20
SCROLLBAR: Final = 10
FOCUS_RING: Final = 2

MOTION_MS: Final = 150
"""How long a change of state eases; 0 with reduced motion."""

TEXT_CONTRAST: Final = 4.5
MARK_CONTRAST: Final = 3.0


@dataclass(frozen=True, slots=True)
class Colours:
    """One set of colours as `#RRGGBB`.

    Attributes:
        ground: behind the content.
        surface: cards, fields, menus.
        sunken: rail, list column and thimble bar; a step back from the ground.
        line: hairlines between areas.
        outline: the edge of a control.
        text, muted: words.
        accent: the brass of buttons, focus and the running state; `accent_text` is read on it.
        accent_hover: the accent under the pointer.
        accent_soft: the ground of what is selected.
        hover, pressed: the ground of what is under the pointer.
        bubble: the ground of the user's own words.
        code: the ground of code; on it are read code_keyword, code_string, code_number, code_comment, code_name
            (of functions and classes) and code_builtin.
        scroll: the thumb of a scrollbar.
        hit, prefetched, late, miss, compute, other: data colours, the same meaning everywhere.
        weights, kv, kv_window: parts of the memory: dense weights, keys and values of layers that see everything, and
            of layers with a window.
        danger: problems.
        hint: tooltips' ground; `hint_text` is read on it.
    """

    ground: str
    surface: str
    sunken: str
    line: str
    outline: str
    text: str
    muted: str
    accent: str
    accent_text: str
    accent_hover: str
    accent_soft: str
    hover: str
    pressed: str
    bubble: str
    code: str
    scroll: str
    hit: str
    prefetched: str
    late: str
    miss: str
    compute: str
    other: str
    weights: str
    kv: str
    kv_window: str
    danger: str
    hint: str
    hint_text: str
    code_keyword: str
    code_string: str
    code_number: str
    code_comment: str
    code_name: str
    code_builtin: str


def mix(one: str, other: str, share: float) -> str:
    """The colour `share` (0…1) of the way from `one` to `other`."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours, 1…21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in _channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _light() -> Colours:
    ground, surface, line, text, muted, accent = "#FBFAF8", "#FFFFFF", "#E7E3DC", "#1E1B16", "#6B645A", "#8A5F00"
    return Colours(
        ground=ground,
        surface=surface,
        sunken=mix(ground, line, 0.38),
        line=line,
        outline=mix(line, muted, 0.3),
        text=text,
        muted=muted,
        accent=accent,
        accent_text=surface,
        accent_hover=mix(accent, text, 0.18),
        accent_soft=mix(surface, "#E0B050", 0.26),
        hover=mix(ground, line, 0.75),
        pressed=mix(line, muted, 0.1),
        bubble=mix(ground, line, 0.72),
        code=mix(ground, line, 0.4),
        scroll=mix(line, muted, 0.4),
        hit="#007A59",
        prefetched="#0062A3",
        late="#A86A00",
        miss="#B84A00",
        compute="#2A7FB8",
        other="#767676",
        weights="#7A6A4F",
        kv="#7A4FA3",
        kv_window="#9A78BE",
        danger="#B3261E",
        hint=text,
        hint_text=ground,
        code_keyword="#8A2F73",
        code_string="#3F6B00",
        code_number="#A63E00",
        code_comment=muted,
        code_name="#00608F",
        code_builtin="#7A5400",
    )


def _dark() -> Colours:
    ground, surface, line, text, muted, accent = "#16140F", "#1F1C17", "#332F28", "#EDE8DF", "#A39B8E", "#E0B050"
    return Colours(
        ground=ground,
        surface=surface,
        sunken=mix(ground, "#000000", 0.3),
        line=line,
        outline=mix(line, muted, 0.28),
        text=text,
        muted=muted,
        accent=accent,
        accent_text=ground,
        accent_hover=mix(accent, text, 0.3),
        accent_soft=mix(surface, accent, 0.18),
        hover=mix(surface, line, 0.55),
        pressed=line,
        bubble=mix(surface, line, 0.6),
        code=mix(ground, surface, 0.75),
        scroll=mix(line, muted, 0.3),
        hit="#2BC496",
        prefetched="#4FA8E8",
        late="#F0B23E",
        miss="#F07A3C",
        compute="#7CC4F0",
        other="#A8A8A8",
        weights="#C9B48A",
        kv="#B792E0",
        kv_window="#8F6FC0",
        danger="#FF8A7A",
        hint=mix(line, muted, 0.15),
        hint_text=text,
        code_keyword="#E29AD0",
        code_string="#A8CB74",
        code_number="#F2A36B",
        code_comment=muted,
        code_name="#7FC3EE",
        code_builtin=accent,
    )


LIGHT: Final = _light()
DARK: Final = _dark()
