"""How an answer is chosen, and its form."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from thimble.engine.grammar import grammar_of_json
from thimble.engine.sampling import Sampling
from thimble.server.schemas.body import Body
from thimble.settings_table import RECOMMENDED

_DEFAULT: Final = Sampling()
_NAMES: Final = frozenset(field.name for field in fields(Sampling)) - {"left_out"}


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class StreamOptions(Body):
    """Options of a stream."""

    include_usage: bool = False


class JsonSchema(Body):
    """The schema of an answer in JSON."""

    json_schema: dict[str, Any] = Field(alias="schema")


class ResponseFormat(Body):
    """The form of the answer: text, any JSON object, or JSON that fits a schema."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None

    @model_validator(mode="after")
    def _with_schema(self) -> ResponseFormat:
        if self.type == "json_schema" and self.json_schema is None:
            raise ValueError("“json_schema” is missing")
        return self

    def grammar(self) -> str:
        """The grammar of this form; "" for text."""
        if self.type == "text":
            return ""
        return grammar_of_json(self.json_schema.json_schema if self.json_schema is not None else None)


def given_sampling(**parameters: Any) -> Sampling:
    """The sampler's parameters, our defaults for those that are None. Some programs write a `top_k` of -1 for all."""
    given = {name: value for name, value in parameters.items() if value is not None}
    if "top_k" in given:
        given["top_k"] = max(0, given["top_k"])
    return replace(_DEFAULT, **given, left_out=_NAMES - given.keys())


def suited(sampling: Sampling, model: str) -> Sampling:
    """With what suits the model, where nobody said anything: the same that a chat in the window begins with.

    Args:
        sampling: of a request.
        model: path of the file that answers it.
    """
    known = RECOMMENDED.get(Path(model).stem, {})
    wanted: dict[str, Any] = {key.removeprefix("answers."): value for key, value in known.items()}
    return replace(sampling, **{name: wanted[name] for name in sampling.left_out & wanted.keys()})


class SamplingBody(Body):
    """What chat and plain completions share."""

    model: str = ""
    stream: bool = False
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    top_k: int | None = Field(None, ge=-1)
    min_p: float | None = Field(None, ge=0, le=1)
    seed: int | None = None
    stop: Annotated[list[str], BeforeValidator(_as_list), Field(max_length=16, default_factory=list)]
    n: Literal[1] | None = None
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    repeat_penalty: float | None = Field(None, gt=0, le=10)
    logit_bias: dict[int, Annotated[float, Field(ge=-100, le=100)]] | None = None
    response_format: ResponseFormat | None = None
    grammar: Annotated[str, Field(max_length=100_000)] = ""
    prompt_progress: bool = False

    def sampling(self) -> Sampling:
        """The sampler's parameters, our defaults where the request says nothing."""

        return given_sampling(
            temperature=self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            min_p=self.min_p,
            seed=self.seed,
            repeat_penalty=self.repeat_penalty,
            presence_penalty=self.presence_penalty,
            frequency_penalty=self.frequency_penalty,
            logit_bias=self.logit_bias,
            grammar=self.grammar or (self.response_format.grammar() if self.response_format is not None else None),
        )

    @property
    def includes_usage(self) -> bool:
        """Whether a stream ends with a chunk of its own for the usage."""
        return self.stream_options is not None and self.stream_options.include_usage
