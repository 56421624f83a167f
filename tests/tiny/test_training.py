"""The recipe's own arithmetic: where PyTorch is there, which only training needs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is for training only")
pytest.importorskip("tokenizers", reason="tokenizers is for training only")

from assets.tiny.recipe import checkpoint, export  # noqa: E402
from assets.tiny.recipe.balance import balance_loss  # noqa: E402
from assets.tiny.recipe.batches import Batches  # noqa: E402
from assets.tiny.recipe.conversations import Conversation, Message, read, texts  # noqa: E402
from assets.tiny.recipe.experts import Experts  # noqa: E402
from assets.tiny.recipe.model import SmallThinker  # noqa: E402
from assets.tiny.recipe.shape import Shape  # noqa: E402
from assets.tiny.recipe.train import Plan, Run  # noqa: E402
from assets.tiny.recipe.vocabulary import Vocabulary  # noqa: E402
from tests.helpers.closeness import relative_error  # noqa: E402
from tests.helpers.reference import forward  # noqa: E402

SMALL = Shape(vocabulary=320, layers=5, width=64, heads=4, kv_heads=2, head_size=16, experts=6, used=2, hidden=32,
              window=8, context=128)  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    with (folder / "a.jsonl").open("w") as out:
        for number in range(24):
            said = [
                {"role": "user", "content": f"What is thing {number}?"},
                {"role": "assistant", "content": f"Thing {number} is a thing, as all things are, and nothing else."},
            ]
            kind = ("handbook", "story", "unknown")[number % 3]
            out.write(json.dumps({"kind": kind, "id": str(number), "messages": said}) + "\n")
    return folder


@pytest.fixture
def vocabulary(data: Path) -> Vocabulary:
    return Vocabulary.train(texts(read(data)), 320)


def test_experts_and_their_gradients_are_those_of_plain_operations() -> None:
    torch.manual_seed(0)
    x, gate_up, down = (torch.randn(*sizes, dtype=torch.float64) for sizes in ((9, 5), (4, 6, 5), (4, 5, 3)))
    shares = torch.rand(9, 2, dtype=torch.float64)
    chosen = torch.stack([torch.randperm(3)[:2] for _ in range(9)])  # expert 3 has nothing to do
    inputs = [value.requires_grad_() for value in (x, gate_up, down, shares)]

    def plain() -> object:
        rows = []
        for token in range(9):
            said = torch.zeros(5, dtype=torch.float64)
            for at, expert in enumerate(chosen[token].tolist()):
                gate, up = (gate_up[expert] @ x[token]).chunk(2)
                said = said + shares[token, at] * (down[expert] @ (torch.relu(gate) * up))
            rows.append(said)
        return torch.stack(rows)

    found, expected = Experts.apply(x, gate_up, down, chosen, shares), plain()
    torch.testing.assert_close(found, expected)
    toward = torch.randn_like(found)
    for ours, theirs in zip(
        torch.autograd.grad(found, inputs, toward), torch.autograd.grad(expected, inputs, toward), strict=True
    ):
        torch.testing.assert_close(ours, theirs)


def test_an_even_load_costs_one_and_a_lopsided_one_more() -> None:
    chosen = torch.tensor([[0, 1], [2, 3]])
    even = torch.full((2, 4), 0.5)
    lopsided = torch.tensor([[0.9, 0.9, 0.1, 0.1]]).repeat(2, 1)
    valid = torch.ones(2, dtype=torch.bool)
    assert float(balance_loss(even, chosen, 1, valid)) == pytest.approx(1)
    assert float(balance_loss(lopsided, torch.tensor([[0, 1], [0, 1]]), 1, valid)) > 1.5


def test_rows_with_experts_of_their_own_are_balanced_as_a_group_only() -> None:
    scores = torch.tensor([[0.9, 0.9, 0.1, 0.1], [0.1, 0.1, 0.9, 0.9]])
    chosen, valid = torch.tensor([[0, 1], [2, 3]]), torch.ones(2, dtype=torch.bool)
    assert float(balance_loss(scores, chosen, 1, valid)) == pytest.approx(1)
    assert float(balance_loss(scores, chosen, 2, valid)) == pytest.approx(1.8)


def test_the_forward_pass_is_numpys(vocabulary: Vocabulary, tmp_path: Path) -> None:
    torch.manual_seed(1)
    model = SmallThinker(replace(SMALL, vocabulary=-(-len(vocabulary) // 32) * 32))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))  # norms, too
    export.write(tmp_path / "tiny.gguf", model, vocabulary, "F32")
    tokens = vocabulary.encode("What is a thing, and is it one of all things? Nothing else is as it is.")
    with torch.no_grad():
        rows = torch.tensor([tokens])
        logits, _ = model(rows, torch.zeros_like(rows), torch.arange(len(tokens)), 1)
    assert len(tokens) > 2 * SMALL.window
    assert relative_error(logits.numpy(), forward(tmp_path / "tiny.gguf", tokens)) < 1e-4


def test_conversations_in_a_row_do_not_see_each_other() -> None:
    torch.manual_seed(2)
    model = SmallThinker(SMALL)
    first, second = torch.randint(0, 320, (1, 12)), torch.randint(0, 320, (1, 9))
    with torch.no_grad():
        both = torch.cat([first, second], dim=1)
        documents = torch.tensor([[0] * 12 + [1] * 9])
        together, _ = model(both, documents, torch.arange(12, 21), 1)
        alone, _ = model(second, torch.zeros_like(second), torch.arange(9), 1)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-4)


def test_what_looks_like_a_control_token_is_text(vocabulary: Vocabulary) -> None:
    encoded = vocabulary.conversation([Message("user", "<|im_end|>"), Message("assistant", "No.")])
    assert encoded.tokens.count(vocabulary.end) == 2


def test_only_what_the_guide_says_weighs_fully(data: Path, vocabulary: Vocabulary) -> None:
    batch = Batches(read(data), vocabulary, 1, question_weight=0).batch(0, 4, 96)
    for row in range(4):
        weighed = np.flatnonzero(batch.weights[row])
        text = vocabulary.decode(batch.tokens[row, weighed + 1].tolist())
        assert "What" not in text
        assert "is a thing" in text


def test_only_words_of_questions_are_hidden(data: Path, vocabulary: Vocabulary) -> None:
    batch = Batches(read(data), vocabulary, 1, unseen=0.5).batch(0, 8, 96)
    assert batch.unseen.any()
    hidden = batch.tokens[batch.unseen]
    assert not set(hidden.tolist()) & {vocabulary.start, vocabulary.end, vocabulary.end_of_text}
    assert not (
        batch.unseen[:, :-1] & (batch.weights[:, :-1] > 0) & (batch.tokens[:, :-1] != vocabulary.encode("\n")[0])
    ).any()


def test_a_hidden_token_is_any_token() -> None:
    torch.manual_seed(3)
    model = SmallThinker(SMALL)
    tokens = torch.randint(0, 320, (1, 12))
    others = tokens.clone()
    others[0, 5] = (tokens[0, 5] + 1) % 320
    unseen = torch.zeros(1, 12, dtype=torch.bool)
    unseen[0, 5] = True
    with torch.no_grad():
        seen, _ = model(tokens, torch.zeros_like(tokens), torch.arange(12), 1)
        found = [model(each, torch.zeros_like(each), torch.arange(12), 1, unseen)[0] for each in (tokens, others)]
    torch.testing.assert_close(found[0], found[1])
    assert not torch.allclose(found[0], seen)


def test_a_step_always_has_the_same_batch(data: Path, vocabulary: Vocabulary) -> None:
    conversations = read(data)
    first, second = (Batches(conversations, vocabulary, 5).batch(7, 4, 96) for _ in range(2))
    assert np.array_equal(first.tokens, second.tokens)
    assert not np.array_equal(first.tokens, Batches(conversations, vocabulary, 6).batch(7, 4, 96).tokens)


def test_a_run_that_stopped_goes_on_as_if_it_had_not(data: Path, tmp_path: Path) -> None:
    plan = Plan(steps=6, minutes=1e9, rows=2, length=64, products=torch.float32, save_every=1e9)
    whole = Run(tmp_path / "whole", data, plan, SMALL)
    whole.train()
    Run(tmp_path / "parts", data, plan, SMALL)
    stopped = Run(tmp_path / "parts", data, plan, SMALL)
    stopped.train(until=3)
    stopped.save()
    resumed = Run(tmp_path / "parts", data, plan, SMALL)
    assert resumed.step == 3
    resumed.train()
    for ours, theirs in zip(resumed.model.parameters(), whole.model.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_killed_write_leaves_the_last_checkpoint(data: Path, tmp_path: Path) -> None:
    run = Run(tmp_path / "run", data, Plan(steps=2, minutes=1e9, rows=2, length=64, products=torch.float32), SMALL)
    run.save()
    (tmp_path / "run" / "checkpoint.new").write_bytes(b"half of")
    assert checkpoint.load(tmp_path / "run" / checkpoint.CHECKPOINT)["step"] == 0


def test_training_lowers_the_loss(data: Path, tmp_path: Path) -> None:
    plan = Plan(steps=40, minutes=1e9, rows=4, length=96, rate=3e-3, products=torch.float32, save_every=1e9)
    run = Run(tmp_path / "run", data, plan, SMALL)
    batch = run.batches.batch(1000, 4, 96)
    before = run.losses(batch)[0].item()
    run.train()
    assert run.losses(batch)[0].item() < 0.6 * before


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no conversations"):
        Run(tmp_path / "run", tmp_path, Plan(steps=1, minutes=1), SMALL)


def test_shares_go_to_the_kinds_that_are_there(vocabulary: Vocabulary) -> None:
    said = (Message("user", "Why?"), Message("assistant", "So."))
    batch = Batches([Conversation("story", "one", said)], vocabulary, 1).batch(0, 2, 64)
    assert (batch.documents >= 0).any(axis=1).all()
