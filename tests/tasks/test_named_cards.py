"""The catalogue as values: no set stands where its texts were trained on, all are complete."""

from dataclasses import replace
from itertools import chain

import pytest

from steadytune.tasks import PROBLEMS, TASKS
from steadytune.tasks.named import (
    FILE_CARDS,
    VADER_MOVIES,
    VADER_RATINGS,
    VADER_TWEETS,
    Rows,
    TaskCard,
)
from steadytune.tasks.named.selection import (
    Both,
    ColumnFold,
    Positions,
    Selection,
    WithoutTexts,
    text_digest,
)

CARDS = {card.name: card for card in (VADER_MOVIES, VADER_TWEETS, VADER_RATINGS, *FILE_CARDS)}

# Groups of names that stand for the same texts, as tasks or as companions.
SAME_TEXTS = (
    {"sst2", "movie_reviews", "vader-movies", "movie"},
    {"mrpc", "stsb"},
)

SEEN_BY_MINILM = {
    *("mnli_matched", "snli", "counterfactual_nli", "qqp", "squad", "natural_questions_short"),
}


def domains(card: TaskCard) -> list[str]:
    return [card.own_domain, *(companion.name for companion in card.companions)]


def test_every_card_is_in_the_catalogue() -> None:
    assert {name: entry.card for name, entry in TASKS.items()} == CARDS


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_no_task_is_evaluated_on_a_set_made_of_its_training_texts(card: TaskCard) -> None:
    (*others,) = domains(card)[1:]
    for group in SAME_TEXTS:
        if group & {card.name, card.own_domain}:
            assert not group & set(others)
            assert set(card.shares_texts_with) == (group & set(CARDS)) - {card.name}


def parts(selection: Selection | None) -> list[Selection | None]:
    if isinstance(selection, Both):
        return [*parts(selection.first), *parts(selection.second)]
    return [selection]


def opposite_folds(one: Selection | None, other: Selection | None) -> bool:
    first, second = (
        [it for it in parts(each) if isinstance(it, ColumnFold)] for each in (one, other)
    )
    return [replace(fold, held_out=not fold.held_out) for fold in first] == second != []


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_evaluation_rows_are_not_training_rows(card: TaskCard) -> None:
    train = card.train
    evaluated: list[Rows] = [card.test, *(companion.rows for companion in card.companions)]
    for rows in evaluated:
        if train.file is not None and rows.file == train.file:
            assert opposite_folds(train.selection, rows.selection)
        if train.hub is not None and rows.hub is not None:
            same = (rows.hub.address, rows.hub.revision) == (train.hub.address, train.hub.revision)
            assert not same or opposite_folds(train.hub.selection, rows.hub.selection)


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_a_card_fits_its_kind(card: TaskCard) -> None:
    assert card.metric in PROBLEMS[card.kind].metrics
    assert bool(card.label_names) == PROBLEMS[card.kind].named
    assert len(set(domains(card))) == len(domains(card))
    for rows in (card.train, card.test, *(companion.rows for companion in card.companions)):
        assert rows.count > 0 and rows.origin.source and rows.origin.licence


@pytest.mark.parametrize("card", FILE_CARDS, ids=[card.name for card in FILE_CARDS])
def test_classes_on_the_hub_are_ours_after_mapping(card: TaskCard) -> None:
    parts = chain((card.train, card.test), (companion.rows for companion in card.companions))
    for rows in parts:
        assert rows.file is not None
        if rows.hub is not None:
            assert {ours for _, ours in rows.hub.labels} in (set(), set(card.label_names))
            assert len(rows.hub.columns) in (0, len(card.columns))


def test_what_minilm_has_seen_is_said_wherever_it_stands() -> None:
    for card in CARDS.values():
        assert set(card.exposed_domains) == SEEN_BY_MINILM & set(domains(card))


def test_positions_are_a_half_open_range() -> None:
    assert [p for p in range(6) if Positions(1, 3).holds(p, {})] == [1, 2]
    assert [p for p in range(6) if Positions(4, None).holds(p, {})] == [4, 5]


@pytest.mark.parametrize("column", ["context", "sentence1"])
def test_a_text_is_in_one_fold_with_all_its_rows(column: str) -> None:
    rows = [{column: f"text {number % 400}", "other": str(number)} for number in range(800)]
    held_out, kept = (ColumnFold(column, 8, held_out=side) for side in (True, False))
    inside = {row[column] for place, row in enumerate(rows) if held_out.holds(place, row)}
    outside = {row[column] for place, row in enumerate(rows) if kept.holds(place, row)}
    assert inside.isdisjoint(outside) and len(inside | outside) == 400
    # Binomial with p = 1/8: five standard deviations are 5 * sqrt(400 * 7/64) = 33.
    assert abs(len(inside) - 50) < 33


def test_a_fold_by_letters_does_not_see_case_spacing_and_punctuation() -> None:
    fold = ColumnFold("a", 2, held_out=True, by_letters=True)
    exact = replace(fold, by_letters=False)
    texts = [(f"Dog no. {number}!", f"dog  no {number} .") for number in range(60)]
    assert all(fold.holds(0, {"a": one}) == fold.holds(0, {"a": two}) for one, two in texts)
    assert any(exact.holds(0, {"a": one}) != exact.holds(0, {"a": two}) for one, two in texts)


def test_rows_with_a_text_that_is_left_out_belong_to_neither_side() -> None:
    left_out = WithoutTexts(("a", "b"), frozenset({text_digest("It is raining.")}))
    rows = [{"a": "x", "b": "it is raining"}, {"a": "It's raining", "b": "x"}, {"a": "x", "b": "x"}]
    assert [left_out.holds(0, row) for row in rows] == [False, True, True]
    sides = [Both(ColumnFold("a", 2, held_out=side), left_out) for side in (True, False)]
    assert [sum(side.holds(0, row) for side in sides) for row in rows] == [0, 1, 1]
