"""Examples that work as they are: address, key and model are filled in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

QUESTION: Final = "What is the capital of France?"


def curl(address: str, key: str, model: str) -> str:
    """A terminal."""
    return (
        f"curl {address}/v1/chat/completions \\\n"
        f'  -H "Authorization: Bearer {key}" \\\n'
        f'  -H "Content-Type: application/json" \\\n'
        f"  -d '{{\n"
        f'    "model": {json.dumps(model)},\n'
        f'    "messages": [{{"role": "user", "content": "{QUESTION}"}}]\n'
        f"  }}'"
    )


def openai(address: str, key: str, model: str) -> str:
    """OpenAI's client for Python."""
    return (
        "from openai import OpenAI\n\n"
        f'client = OpenAI(base_url="{address}/v1", api_key="{key}")\n'
        "answer = client.chat.completions.create(\n"
        f"    model={json.dumps(model)},\n"
        f'    messages=[{{"role": "user", "content": "{QUESTION}"}}],\n'
        ")\n"
        "print(answer.choices[0].message.content)"
    )


def anthropic(address: str, key: str, model: str) -> str:
    """Anthropic's client for Python."""
    return (
        "from anthropic import Anthropic\n\n"
        f'client = Anthropic(base_url="{address}", api_key="{key}")\n'
        "answer = client.messages.create(\n"
        f"    model={json.dumps(model)},\n"
        "    max_tokens=200,\n"
        f'    messages=[{{"role": "user", "content": "{QUESTION}"}}],\n'
        ")\n"
        "print(answer.content[0].text)"
    )


def editor(address: str, key: str, model: str) -> str:
    """Continue, a plug-in of VS Code and JetBrains: its config.yaml."""
    return (
        "name: Thimble\n"
        "version: 1.0.0\n"
        "schema: v1\n"
        "models:\n"
        f"  - name: {json.dumps(model)}\n"
        "    provider: openai\n"
        f"    model: {json.dumps(model)}\n"
        f"    apiBase: {address}/v1\n"
        f"    apiKey: {key}\n"
        "    roles: [chat, edit, apply]"
    )


EXAMPLES: Final[tuple[tuple[str, Callable[[str, str, str], str]], ...]] = (
    ("curl", curl),
    ("openai", openai),
    ("anthropic", anthropic),
    ("Continue", editor),
)
"""Names that are the same in every language, and what makes the text."""
