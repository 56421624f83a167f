"""The forms in which models write tool calls, told apart by their chat templates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from thimble.errors import Code, ThimbleError


class Body(StrEnum):
    """What stands behind the opening mark of a call."""

    JSON = "json"
    """One object with name and arguments (Hermes, Qwen, SmallThinker; Llama 3 without marks)."""
    LIST = "list"
    """A list of such objects, or `name[ARGS]{…}` (Mistral, Granite, Phi)."""
    FUNCTION_TAGS = "function tags"
    """`<function=name><parameter=key>value</parameter></function>` (Qwen3-Coder)."""
    ARGUMENT_TAGS = "argument tags"
    """`name<arg_key>key</arg_key><arg_value>value</arg_value>` (GLM-4.5)."""
    CHANNEL = "channel"
    """A message on a channel of its own, to the tool (gpt-oss)."""


@dataclass(frozen=True, slots=True)
class ToolFormat:
    """One form.

    Attributes:
        body: what stands behind the opening mark.
        opener, closer: the marks around a call, or around all of them with `Body.LIST`; "" for none.
        arguments_key: name of the arguments in a JSON object.
        parallel: whether an answer may hold several calls.
        marks: control tokens that the form needs, and that are otherwise not part of an answer's text.
    """

    body: Body
    opener: str = ""
    closer: str = ""
    arguments_key: str = "arguments"
    parallel: bool = True
    marks: tuple[str, ...] = ()


HERMES: Final = ToolFormat(Body.JSON, "<tool_call>", "</tool_call>", marks=("<tool_call>", "</tool_call>"))
QWEN_CODER: Final = ToolFormat(Body.FUNCTION_TAGS, "<tool_call>", "</tool_call>", marks=HERMES.marks)
GLM: Final = ToolFormat(
    Body.ARGUMENT_TAGS,
    "<tool_call>",
    "</tool_call>",
    marks=(*HERMES.marks, "<arg_key>", "</arg_key>", "<arg_value>", "</arg_value>"),
)
MISTRAL: Final = ToolFormat(Body.LIST, "[TOOL_CALLS]", marks=("[TOOL_CALLS]", "[ARGS]", "[CALL_ID]"))
GRANITE: Final = ToolFormat(Body.LIST, "<|tool_call|>", "<|/tool_call|>", marks=("<|tool_call|>", "<|/tool_call|>"))
LLAMA: Final = ToolFormat(Body.JSON, arguments_key="parameters", marks=("<|python_tag|>",))
HARMONY: Final = ToolFormat(
    Body.CHANNEL,
    parallel=False,
    marks=("<|channel|>", "<|message|>", "<|start|>", "<|end|>", "<|constrain|>", "<|call|>"),
)

THOUGHTS: Final = (("<think>", "</think>"), ("[THINK]", "[/THINK]"))
"""The marks around what a model thinks before it answers."""


def is_harmony(template: str) -> bool:
    """Whether answers come on channels, also when there are no tools."""
    return "<|channel|>" in template and "<|message|>" in template


def tool_format(template: str) -> ToolFormat:
    """The form in which a model with this chat template calls tools.

    Raises:
        ThimbleError: TOOLS_UNSUPPORTED: the template takes no tools, or we do not know its form.
    """
    if not re.search(r"\btools\b", template):
        raise ThimbleError(
            Code.TOOLS_UNSUPPORTED,
            "This model was not made for tools: its chat template takes none.",
            "Choose a model that knows tools (Qwen3, Llama 3.1, Mistral, gpt-oss …), or leave out “tools”.",
        )
    if is_harmony(template):
        return HARMONY
    for mark, found in (("[TOOL_CALLS]", MISTRAL), ("<|tool_call|>", GRANITE)):
        if mark in template:
            return found
    if "<tool_call>" in template:
        return GLM if "<arg_key>" in template else QWEN_CODER if "<function=" in template else HERMES
    if "ipython" in template or "<|python_tag|>" in template:
        single = "single tool-calls" in template
        return ToolFormat(LLAMA.body, arguments_key=LLAMA.arguments_key, parallel=not single, marks=LLAMA.marks)
    raise ThimbleError(
        Code.TOOLS_UNSUPPORTED,
        "This model writes tool calls in a form that Thimble cannot read.",
        "Choose another model for tools, or leave out “tools”.",
    )
