"""The right passages for a question, within the room there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thimble.retrieval.choosing import Found, Note, Passage, choose
from thimble.retrieval.index import Hit, Index
from thimble.retrieval.looking import Places, Question, look

# Short articles on subjects that share words, so that a search by single words would go wrong.
CORPUS = {
    "lease.md": (
        "# Lease\n\nThe flat in Weber Street is let to Ms Ada Brand from 1 March. The rent is 840 euros a month, due on"
        " the third working day.\n\nEither side may end the lease with a notice of three months to the end of a month."
        " The landlord needs a reason named by law.\n\nA deposit of 2,520 euros is kept in a separate account and"
        " returned within six months after the flat was handed back.\n\nPets bigger than a cat need the landlord's"
        " consent. Small animals in cages do not."
    ),
    "bread.md": (
        "# Rye bread\n\nMix 400 g of rye flour with 300 g of warm water and the sourdough starter; let it rest for"
        " sixteen hours.\n\nBake at 250 degrees for ten minutes with steam, then at 200 degrees for fifty minutes."
        "\n\nThe crust softens when the loaf is wrapped in a cloth while it is still warm.\n\nA starter that smells of"
        " acetone is hungry: feed it with equal parts of flour and water."
    ),
    "engine.py": (
        "class ExpertStore:\n    def evict_coldest(self, layer):\n        # LRU by half-life\n        return min(...)"
        "\n\n\ndef load_weights(path, mmap=True):\n    '''Reads GGUF tensors.'''\n    return Reader(path).tensors()"
    ),
    "garten.txt": (
        "Tomaten werden Mitte Mai ausgepflanzt, wenn kein Nachtfrost mehr droht.\n\nGegossen wird morgens am Boden,"
        " nie über die Blätter: nasse Blätter fördern die Braunfäule.\n\nAusgegeizt wird jede Woche; die Triebe in den"
        " Blattachseln kosten die Pflanze Kraft.\n\nIm Oktober werden Tulpenzwiebeln gesetzt, doppelt so tief wie sie"
        " hoch sind."
    ),
    "minutes.txt": (
        "Meeting of 4 April. Present: Ortega, Lindqvist, Brand.\n\nThe launch is moved from May to September because"
        " the battery tests failed twice.\n\nLindqvist asks the supplier for cells with a higher temperature limit."
        "\n\nThe budget for marketing is cut by a third until the tests pass."
    ),
}

QUESTIONS = [
    ("How much notice does one have to give to end the lease?", (), "three months"),
    ("When do I get the deposit back?", (), "returned within six months"),
    ("Do I need permission for a dog?", ("May I keep pets in the flat?",), "consent"),
    ("At what temperature is the bread baked?", (), "250 degrees"),
    ("My starter smells of acetone, what now?", (), "hungry"),
    ("where are the weights loaded from GGUF", (), "load_weights"),
    ("Wie gieße ich Tomaten richtig? Dürfen die Blätter nass werden?", (), "morgens am Boden"),
    ("Wann setzt man Tulpenzwiebeln?", (), "Oktober"),
    ("Why was the launch postponed?", (), "battery tests failed"),
    ("And what happens to the budget?", ("Why was the launch postponed?",), "cut by a third"),
    ("evictColdest", (), "evict_coldest"),
]


@pytest.fixture(scope="module")
def filled() -> Iterator[tuple[Index, Places]]:
    index = Index(None)
    yield index, Places(tuple(CORPUS.items()))
    index.close()


@pytest.mark.parametrize(("question", "before", "expected"), QUESTIONS)
def test_the_answer_is_among_the_passages(
    filled: tuple[Index, Places], question: str, before: tuple[str, ...], expected: str
) -> None:
    index, places = filled
    found = look(index, index, places, Question(question, before), room=450, most=2, count=_tokens)
    assert any(expected in passage.text for passage in found.passages)
    assert not found.notes


def test_a_question_whose_words_occur_nowhere_gets_the_beginnings_and_says_so(filled: tuple[Index, Places]) -> None:
    index, places = filled
    found = look(index, index, places, Question("zyzzyva?"), room=2000, most=5, count=_tokens)
    assert found.passages
    assert found.notes == (Note("nothing"),)


def test_no_room_is_said(filled: tuple[Index, Places]) -> None:
    index, places = filled
    found = look(index, index, places, Question("rent"), room=3, most=5, count=_tokens)
    assert found == Found((), (Note("no_room"),))


def test_a_folder_that_is_gone_is_said(filled: tuple[Index, Places], tmp_path: Path) -> None:
    index, places = filled
    gone = str(tmp_path / "gone")
    found = look(index, index, Places(places.texts, [gone]), Question("rent"), room=900, most=3, count=_tokens)
    assert found.notes == (Note("missing", gone),)


def test_passages_that_touch_become_one() -> None:
    text = "abcdefghij"
    hits = [Hit("s", "k", "a", 2, text[2:7], (1, 1), 3.0), Hit("s", "k", "a", 5, text[5:10], (1, 2), 2.0)]
    assert choose(hits, 100, 5, len) == [Passage("a", "cdefghij", (1, 2), 8)]


_HITS = st.lists(
    st.builds(
        lambda key, start, length, score: Hit("s", key, key, start, "x" * length, (0, 0), score),
        st.sampled_from("ab"),
        st.integers(0, 60),
        st.integers(1, 20),
        st.floats(0.0, 9.0),
    ),
    max_size=12,
).map(lambda hits: sorted(hits, key=lambda hit: -hit.score))


@settings(max_examples=200, deadline=None)
@given(_HITS, st.integers(0, 80), st.integers(1, 6))
def test_never_more_than_fits(hits: list[Hit], room: int, most: int) -> None:
    chosen = choose(hits, room, most, len)
    assert sum(passage.tokens for passage in chosen) <= room
    assert len(chosen) <= most
    assert all(passage.tokens == len(passage.text) for passage in chosen)


def test_what_was_found_survives_as_json() -> None:
    found = Found((Passage("a.pdf", "text", (3, 4), 7),), (Note("missing", "/x"),))
    assert Found.from_json(found.to_json()) == found


@settings(max_examples=100, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["passages", "notes"]),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=3),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["name", "text", "pages", "tokens", "kind"]), inner, max_size=4)
            ),
            max_leaves=12,
        ),
    )
)
def test_no_json_makes_it_stumble(data: dict[str, object]) -> None:
    assert isinstance(Found.from_json(data), Found)


def _tokens(text: str) -> int:
    return len(text) // 4
