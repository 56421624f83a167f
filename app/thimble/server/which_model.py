"""Which model a request means, and what has to be loaded for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

from thimble.engine.vectors import makes_no_vectors, writes_no_text
from thimble.errors import Code, ThimbleError
from thimble.modelfile.places import preferred
from thimble.protocol import LoadOptions, ModelInfo
from thimble.server import catalogue
from thimble.server.hosting import HostLike


@dataclass(frozen=True, slots=True)
class Resting:
    """A model that was unloaded because nobody asked it anything.

    Attributes:
        model: as it was told of.
        options: it was loaded with.
        usual: what the settings said then.
        minutes: after how long it was unloaded.
    """

    model: ModelInfo
    options: LoadOptions
    usual: LoadOptions
    minutes: int


class WhichModel:
    """The installed models by name, the resident one, and the one that rests.

    Args:
        host: has the resident model.

    Attributes:
        resting: the model that was unloaded because nobody asked it anything.
    """

    def __init__(self, host: HostLike) -> None:
        self._host = host
        self._names: dict[str, str] = {}  # of the installed models, by path
        self.resting: Resting | None = None

    @property
    def resident(self) -> ModelInfo | None:
        """The resident model, by the name it has among the installed ones."""
        model = self._host.status.model
        return self.named(model) if model is not None else None

    def named(self, model: ModelInfo) -> ModelInfo:
        """A model by the name it has among the installed ones."""
        return replace(model, id=self.name_of(model))

    def name_of(self, model: ModelInfo) -> str:
        """Its name among the installed ones; its own when it is none of them."""
        return self._names.get(model.path, model.id)

    async def installed(self) -> list[catalogue.ModelEntry]:
        """The installed models."""
        entries = await asyncio.to_thread(lambda: catalogue.list_models(*catalogue.model_folders()))
        self._names = {str(entry.path): entry.id for entry in entries}
        return entries

    async def to_be_loaded(self, model: str, *, embeds: bool) -> tuple[Path, LoadOptions] | None:
        """What has to be loaded, and how, for a request that names this model; None when it is resident.

        To be called by whoever has the turn.

        Args:
            model: its name or path; "" or "default" for whichever can do it.
            embeds: whether vectors are wanted instead of text.

        Raises:
            ThimbleError: there is no such model, or it cannot do what is wanted. The resident one stays.
        """
        anyone = model in {"", "default"}
        resident, resting = self._host.status.model, self.resting
        if resident is not None and (model == resident.path or (anyone and resident.embeds == embeds)):
            _check_kind(self.name_of(resident), resident.embeds, embeds)
            return None
        if resting is not None and (resident is not None or resting.model.embeds != embeds):
            resting = None
        if resting is not None and (anyone or model in {resting.model.id, resting.model.path}):
            path = Path(resting.model.path)
            now = await asyncio.to_thread(catalogue.load_options, path)
            return path, resting.options if now == resting.usual else now
        entries = await self.installed()
        if anyone:
            able = preferred(entry for entry in entries if entry.embeds == embeds)
            if len(able) != 1:
                raise _which_model(embeds, bool(able), resident)
            path = able[0].path
        else:
            matching = [entry for entry in entries if model in {entry.id, str(entry.path)}]
            if not matching and resident is not None and model == resident.id:
                _check_kind(model, resident.embeds, embeds)
                return None  # it is not among the installed ones
            if not matching:
                raise no_such_model(model)
            _check_kind(model, matching[0].embeds, embeds)
            path = matching[0].path
        if resident is not None and resident.path == str(path):
            return None
        return path, await asyncio.to_thread(catalogue.load_options, path)


def no_such_model(name: str) -> ThimbleError:
    """The error of a name that no model has."""
    return ThimbleError(
        Code.MODEL_NOT_FOUND,
        f"There is no model “{name[:200]}”.",
        "GET /v1/models tells the names.",
    )


def _check_kind(name: str, has: bool, wanted: bool) -> None:
    """Raises `ThimbleError` when a model for vectors is asked for text, or the other way round."""
    if has != wanted:
        raise writes_no_text(name) if has else makes_no_vectors(name)


def _which_model(embeds: bool, several: bool, resident: ModelInfo | None) -> ThimbleError:
    """The error of a request that names no model where there is not just one that could be meant."""
    if embeds:
        return ThimbleError(
            Code.NO_MODEL if several else Code.EMBEDDINGS_UNSUPPORTED,
            "No embedding model is loaded." if several else "No embedding model is installed.",
            "Name one in “model”." if several else "Download one in the window: Qwen3-Embedding, or a kind of BERT.",
        )
    if resident is not None:
        return writes_no_text(resident.id)
    return ThimbleError(
        Code.NO_MODEL,
        "No model is loaded." if several else "No model is installed yet.",
        "Choose a model first." if several else "Install the starter model in the window.",
    )
