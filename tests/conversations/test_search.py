"""Finding what was said."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from thimble.conversations import MessageState, Role, SearchHit, Store
from thimble.conversations.searching import index_query, snippet_around, split_marks


def _say(store: Store, text: str, title: str = "") -> int:
    conversation = store.create_conversation(title)
    return store.add_message(conversation.id, Role.USER, text, parent_id=None).id


def _marked(hit: SearchHit) -> list[str]:
    return [hit.snippet[start:end] for start, end in hit.marks]


def test_all_words_must_occur_in_any_order_and_the_last_may_be_a_beginning(store: Store) -> None:
    found = _say(store, "The capital of France is Paris.")
    _say(store, "The capital of Italy is Rome.")
    assert [hit.message_id for hit in store.search("paris capi")] == [found]


def test_the_matching_words_are_marked_in_the_snippet(store: Store) -> None:
    _say(store, "The capital of France\n\nis   Paris.")
    (hit,) = store.search("france paris")
    assert hit.snippet == "The capital of France is Paris."
    assert _marked(hit) == ["France", "Paris"]


def test_accents_and_case_do_not_matter(store: Store) -> None:
    found = _say(store, "Ein Café in ZÜRICH")
    assert [hit.message_id for hit in store.search("cafe zurich")] == [found]


@pytest.mark.parametrize("query", ["东京", "とうきょう", "京"])
def test_parts_of_a_text_without_spaces_are_found(store: Store, query: str) -> None:
    found = _say(store, "我去过东京とうきょうです")
    (hit,) = store.search(query)
    assert (hit.message_id, _marked(hit)) == (found, [query])


@pytest.mark.parametrize("query", ["%", "_", "->", "\\"])
def test_a_query_of_signs_alone_is_taken_literally(store: Store, query: str) -> None:
    found = _say(store, f"here: {query} indeed")
    _say(store, "no such sign here")
    assert [hit.message_id for hit in store.search(query)] == [found]


def test_titles_are_found_before_messages(store: Store) -> None:
    message = _say(store, "a river", title="Water")
    _say(store, "nothing here", title="River trips")
    first, second = store.search("river")
    assert (first.title, first.message_id, _marked(first)) == ("River trips", None, ["River"])
    assert second.message_id == message


def test_the_newest_message_comes_first(store: Store) -> None:
    older, newer = _say(store, "river one"), _say(store, "river two")
    assert [hit.message_id for hit in store.search("river")] == [newer, older]


def test_a_deleted_conversation_is_not_found_until_it_is_restored(store: Store) -> None:
    _say(store, "river")
    conversation = store.conversations()[0]
    store.delete(conversation.id)
    assert store.search("river") == []
    store.restore(conversation.id)
    assert len(store.search("river")) == 1


def test_a_changed_text_is_found_by_its_new_words_only(store: Store) -> None:
    message = _say(store, "river")
    store.update_message(message, text="mountain")
    assert store.search("river") == []
    assert [hit.message_id for hit in store.search("mountain")] == [message]


def test_an_answer_is_found_once_it_is_finished(store: Store) -> None:
    conversation = store.create_conversation()
    answer = store.add_message(conversation.id, Role.ASSISTANT, "riv", parent_id=None, state=MessageState.WRITING)
    store.update_message(answer.id, text="river")
    assert store.search("river") == []
    store.update_message(answer.id, state=MessageState.STOPPED)
    assert [hit.message_id for hit in store.search("river")] == [answer.id]


def test_an_answer_that_is_continued_leaves_the_index_and_returns(store: Store) -> None:
    conversation = store.create_conversation()
    answer = store.add_message(conversation.id, Role.ASSISTANT, "river", parent_id=None)
    store.update_message(answer.id, state=MessageState.WRITING)
    store.update_message(answer.id, text="river bank", state=MessageState.DONE)
    assert [hit.message_id for hit in store.search("bank river")] == [answer.id]


def test_no_more_hits_than_asked_for(store: Store) -> None:
    for _ in range(5):
        _say(store, "river")
    assert len(store.search("river", limit=3)) == 3


@pytest.mark.parametrize("query", ["", "   ", "\n"])
def test_an_empty_query_finds_nothing(store: Store, query: str) -> None:
    _say(store, "river")
    assert store.search(query) == []


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=40))
def test_any_text_is_a_query(store: Store, query: str) -> None:
    for hit in store.search(query):
        assert all(0 <= start <= end <= len(hit.snippet) for start, end in hit.marks)


def test_the_index_is_asked_for_quoted_words() -> None:
    assert index_query('one "two" NOT (three)') == '"one" "two" "NOT" "three"*'


def test_a_long_text_without_match_is_cut() -> None:
    assert snippet_around("x" * 200, "y") == ("x" * 80 + "…", ())


def test_a_stray_closing_mark_is_dropped() -> None:
    assert split_marks("a\x03b") == ("ab", ())


_STEP = st.tuples(
    st.integers(0, 3), st.sampled_from(["writing", "done", "stopped"]), st.sampled_from(["", "a b", "b c"])
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_STEP, max_size=12))
def test_the_index_agrees_with_the_messages_after_any_changes(store: Store, steps: list[tuple[int, str, str]]) -> None:
    conversation = store.create_conversation()
    ids = [store.add_message(conversation.id, Role.USER, "a", parent_id=None).id for _ in range(4)]
    for which, state, text in steps:
        store.update_message(ids[which], state=state, text=text)
    store._connection.execute("INSERT INTO message_index (message_index, rank) VALUES ('integrity-check', 1)")
    expected = {m.id for m in store.messages(conversation.id) if m.state != "writing" and "b" in m.text}
    assert {hit.message_id for hit in store.search("b") if hit.conversation_id == conversation.id} == expected


def test_a_damaged_index_is_made_anew_from_the_messages(store: Store) -> None:
    found = _say(store, "a river")
    store._connection.execute("DELETE FROM message_index_data WHERE id > 10")
    assert [hit.message_id for hit in store.search("river")] == [found]
