"""Trains the guide, on a CPU.

    python -m assets.tiny.recipe.train RUN-FOLDER --data FOLDER --steps 4000 --minutes 55

One process for each core, each with rows of its own; gradients are averaged once a step. (Threads would wait for each
other at every product, which beside other programs takes most of the time.) Started again with the same folder it goes
on where the last checkpoint was. Batches follow from the seed and the step, so a run that was killed sees the same data
as one that was not. The learning rate rises, stays, and falls in the last part of the steps, or of the minutes where
those are over first.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from torch import distributed, multiprocessing
from torch.nn import functional as f

from assets.tiny.recipe import checkpoint
from assets.tiny.recipe.batches import Batch, Batches
from assets.tiny.recipe.conversations import read, texts
from assets.tiny.recipe.model import SmallThinker
from assets.tiny.recipe.shape import SMALL, Shape
from assets.tiny.recipe.vocabulary import Vocabulary

WARM_UP: Final = 100  # steps
LEAST_RATE: Final = 0.02  # of the peak, at the end
_BLOCK: Final = 512
_LONGER: Final = ((32, 4), (8, 2))
"""(every, times): one batch in so many has rows so many times as long, and as many fewer of them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A run.

    Attributes:
        steps, minutes: it ends with whichever comes first.
        rows, length: of a batch.
        rate: highest learning rate.
        fall: part of the run, at its end, in which the rate falls.
        balance: weight of the balance loss.
        balance_per_row: the usual balance loss instead of the groups'.
        dropout: see `SmallThinker`.
        unseen: see `Batches`.
        save_every: seconds between checkpoints.
        ranks: processes; `rows` are those of each.
    """

    steps: int
    minutes: float
    rows: int = 32
    length: int = 256
    rate: float = 2e-3
    fall: float = 0.4
    decay: float = 0.1
    balance: float = 0.02
    balance_per_row: bool = False
    dropout: float = 0.03
    unseen: float = 0.04
    save_every: float = 180.0
    seed: int = 1
    products: torch.dtype = torch.bfloat16
    ranks: int = 1


class Run:
    """A training run in a folder.

    Args:
        folder: of checkpoints, tokenizer and log.
        data: folder of conversations.
        plan: see `Plan`.
        shape: sizes; the vocabulary's is replaced by what the tokenizer has.
        rank: number of this process; the first one writes the folder.
    """

    def __init__(self, folder: Path, data: Path, plan: Plan, shape: Shape, rank: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.plan, self._rank = folder, plan, rank
        torch.manual_seed(plan.seed)
        conversations = read(data)
        if not conversations:
            raise ValueError("there are no conversations in the data folder")
        kept = folder / checkpoint.VOCABULARY
        if kept.exists():
            self.vocabulary = Vocabulary.load(kept)
        else:
            self.vocabulary = Vocabulary.train(texts(conversations), shape.vocabulary)
            self.vocabulary.save(kept)
        self.batches = Batches(conversations, self.vocabulary, plan.seed, unseen=plan.unseen)
        padded = -(-len(self.vocabulary) // 32) * 32
        self.model = SmallThinker(replace(shape, vocabulary=padded), plan.products, plan.dropout)
        self.optimizer = torch.optim.AdamW(_groups(self.model, plan), lr=plan.rate, betas=(0.9, 0.98), fused=True)
        self.step, self.seconds = 0, 0.0
        if (folder / checkpoint.CHECKPOINT).exists():
            found = checkpoint.load(folder / checkpoint.CHECKPOINT)
            self.model.load_state_dict(found["model"])
            self.optimizer.load_state_dict(found["optimizer"])
            self.step, self.seconds = found["step"], found["seconds"]

    def progress(self) -> float:
        """How much of the run is over, from 0 to 1."""
        return max(self.step / self.plan.steps, self.seconds / 60 / self.plan.minutes)

    def train(self, until: int | None = None) -> None:
        """To the end, or to a step, or until it is killed."""
        saved, counted = self.seconds, time.perf_counter()
        while self.progress() < 1 and self.step != until:
            began = time.perf_counter()
            rate = self._rate()
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            batch = self._batch()
            torch.manual_seed((self.plan.seed * 1_000_003 + self.step) * self.plan.ranks + self._rank)  # of dropout
            loss, balance = self.losses(batch)
            self.optimizer.zero_grad(set_to_none=True)
            (loss + self.plan.balance * balance).backward()
            now = time.perf_counter()  # the averaging and the step itself count in the next one
            spent = torch.tensor(self.seconds + now - counted)
            counted = now
            told = self._average(torch.stack([loss.detach(), balance.detach(), spent]))
            self.seconds = float(told[2])  # the same in all processes, as the learning rate follows from it
            norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.step += 1
            if self.step % 10 == 0:
                self._log(float(told[0]), float(told[1]), rate, float(norm), time.perf_counter() - began, batch)
            if self.seconds - saved > self.plan.save_every:
                self.save()
                saved = self.seconds
        self.save()

    def losses(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean weighted cross entropy of a batch, and its balance loss."""
        weights = torch.from_numpy(batch.weights).reshape(-1)
        tokens = torch.from_numpy(batch.tokens)
        wanted = weights.nonzero().squeeze(1)
        missing = -len(wanted) % _BLOCK  # the same few shapes again and again: oneDNN compiles for each
        wanted = torch.cat([wanted, (weights == 0).nonzero().squeeze(1)[:missing]])
        rows = len(tokens) if self.plan.balance_per_row else 1
        unseen = torch.from_numpy(batch.unseen)
        logits, balance = self.model(tokens, torch.from_numpy(batch.documents), wanted, rows, unseen)
        each = f.cross_entropy(logits, tokens.reshape(-1).roll(-1)[wanted], reduction="none")
        return (each * weights[wanted]).sum() / weights.sum(), balance

    def save(self) -> None:
        """Now."""
        if self._rank == 0:
            path = self.folder / checkpoint.CHECKPOINT
            checkpoint.save(path, self.model, self.optimizer, self.step, self.seconds)

    def _average(self, told: torch.Tensor) -> torch.Tensor:
        """Gradients, and what else is given, become the mean over all processes."""
        if self.plan.ranks == 1:
            return told
        gradients = [it.grad for it in self.model.parameters()]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients] + [told])
        distributed.all_reduce(flat)
        flat /= self.plan.ranks
        parts = flat.split([gradient.numel() for gradient in gradients] + [len(told)])
        for gradient, part in zip(gradients, parts, strict=False):
            gradient.copy_(part.view_as(gradient))
        return parts[-1]

    def _batch(self) -> Batch:
        """As many tokens in long rows as in short ones."""
        rows, length = self.plan.rows, self.plan.length
        times = next((times for every, times in _LONGER if self.step % every == every - 1 and rows >= times), 1)
        rows, length = rows // times, length * times
        return self.batches.batch(self.step * self.plan.ranks + self._rank, rows, length)

    def _rate(self) -> float:
        """Learning rate: up, level, and down to almost nothing in a straight line."""
        left = (1 - self.progress()) / self.plan.fall
        return self.plan.rate * min(1.0, (self.step + 1) / WARM_UP) * max(LEAST_RATE, min(1.0, left))

    def _log(self, loss: float, balance: float, rate: float, norm: float, seconds: float, batch: Batch) -> None:
        if self._rank:
            return
        line = {
            "step": self.step,
            "minutes": round(self.seconds / 60, 2),
            "loss": round(loss, 4),
            "balance": round(balance, 3),
            "rate": round(rate, 6),
            "norm": round(norm, 2),
            "tokens_per_second": round(self.plan.ranks * batch.tokens.size / seconds),
        }
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line) + "\n")
        sys.stderr.write(json.dumps(line) + "\n")


def _groups(model: SmallThinker, plan: Plan) -> list[dict[str, Any]]:
    """Matrices decay, norms do not."""
    parameters = list(model.parameters())
    return [
        {"params": [it for it in parameters if it.dim() > 1], "weight_decay": plan.decay},
        {"params": [it for it in parameters if it.dim() == 1], "weight_decay": 0.0},
    ]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m assets.tiny.recipe.train", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--minutes", type=float, default=55.0)
    parser.add_argument("--rate", type=float, default=Plan.__dataclass_fields__["rate"].default)
    parser.add_argument("--rows", type=int, default=32, help="of each process")
    parser.add_argument("--ranks", type=int, default=2, help="processes, one for each core")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--balance-per-row", action="store_true", help="the usual balance loss")
    parser.add_argument("--small", action="store_true", help="a smaller model, to compare recipes with")
    parser.add_argument("--float32", action="store_true", help="where the processor has no bfloat16 products")
    given = parser.parse_args()
    plan = Plan(
        steps=given.steps,
        minutes=given.minutes,
        rows=given.rows,
        rate=given.rate,
        seed=given.seed,
        balance_per_row=given.balance_per_row,
        products=torch.float32 if given.float32 else torch.bfloat16,
        ranks=given.ranks,
    )
    shape = SMALL if given.small else Shape()
    if plan.ranks == 1:
        Run(given.folder, given.data, plan, shape).train()
        return
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as meeting:
        arguments = (Path(meeting) / "ranks", given.folder, given.data, plan, shape)
        multiprocessing.spawn(_rank, arguments, nprocs=plan.ranks)


def _rank(rank: int, meeting: Path, folder: Path, data: Path, plan: Plan, shape: Shape) -> None:
    """One process of several."""
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=meeting.as_uri(), rank=rank, world_size=plan.ranks)
    if rank:
        distributed.barrier()  # the first one may have to train the tokenizer
    run = Run(folder, data, plan, shape, rank)
    if not rank:
        distributed.barrier()
    run.train()
    distributed.destroy_process_group()


if __name__ == "__main__":
    main()
