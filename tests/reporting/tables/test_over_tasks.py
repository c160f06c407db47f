"""The table over tasks: its cells, and notes that name what is left out."""

from __future__ import annotations

from steadytune._page.table import Table
from steadytune.reporting.tables.over_tasks import over_tasks_table
from tests.reporting.analysis.test_over_tasks import gained
from tests.reporting.fabricated import cells
from tests.reporting.fabricated_tasks import averaged, several_tasks


def table(**options: object) -> Table:
    data = averaged(several_tasks(gained, **options))  # type: ignore[arg-type]
    assert data is not None
    return over_tasks_table(data)


def test_a_row_a_method_with_difference_ratio_and_degenerate_runs() -> None:
    found = cells(table())
    assert found["In domain", "plain"] == ("", "baseline", "", "", "", "", "0 of 12")
    row = found["In domain", "lnsr"]
    assert (row[0], row[1], row[3], row[4], row[6]) == ("6", "+3.74", "0.031", "0.50", "0 of 12")
    assert found["Out of domain, exploratory", "lnsr"][1] == "+3.74"


def test_the_note_names_the_family_that_is_corrected() -> None:
    notes = " ".join(table(methods=("plain", "a", "b")).notes)
    assert "Holm over the 2 methods of this table, separately from" in notes
    assert "The tasks are fixed" in notes


def test_subsets_are_named_where_they_are_counted() -> None:
    found = table(seeds=2, subsets=3)
    assert found.headings[0] == "Subsets"
    assert "count the training subsets" in found.notes[0]
    assert "independent, which they are not" in found.notes[2]
    assert "too narrow" in table(seeds=3, subsets=2).notes[0]


def test_what_is_left_out_is_named() -> None:
    records = several_tasks(gained, exposed=["tweet"])
    records += several_tasks(lambda t, m, s: gained("one", m, s), ("a", "b"))
    records += several_tasks(gained, ("one",), ("alone",))
    records += several_tasks(lambda t, m, s: gained("one", m, s), ("a", "b"), ("few",))
    records += several_tasks(lambda *_: 0.6, ("lost",), ("lnsr",))
    data = averaged(records)
    assert data is not None
    notes = " ".join(over_tasks_table(data).notes)
    assert "Left out of this table: lost, where the baseline was not run." in notes
    assert "Without a domain that the model has not seen: one; two." in notes
    assert "few, in domain: not run on one; two." in notes
    assert "On one task alone, and so in no row: alone." in notes


def test_a_task_without_a_ratio_is_named() -> None:
    def score(task: str, method: str, seed: int) -> float:
        return 0.7 if (task, method) == ("one", "lnsr") else gained(task, method, seed)

    data = averaged(several_tasks(score))
    assert data is not None
    assert "lnsr, in domain: no ratio of spreads on one" in " ".join(over_tasks_table(data).notes)


def test_methods_that_lack_the_same_are_named_together() -> None:
    def score(task: str, method: str, seed: int) -> float:
        return gained(task, "lnsr", seed) if task != "one" or method == "plain" else 0.7

    data = averaged(several_tasks(score, methods=("plain", "lnsr", "lnsr, 1e-4")))
    assert data is not None
    found = [note for note in over_tasks_table(data).notes if "in domain: no ratio" in note]
    assert len(found) == 1
    assert found[0].startswith('lnsr, "lnsr, 1e-4", in domain: no ratio of spreads on one, where')


def test_settings_are_not_called_tasks() -> None:
    records = several_tasks(gained)
    for made in several_tasks(gained, ("one",)):
        made["spec"]["epochs"] = 9.0
        records.append(made)
    data = averaged(records)
    assert data is not None
    found = over_tasks_table(data)
    assert found.title == "Averages over 3 sections, against plain"
    assert "sections are counted, not tasks" in " ".join(found.notes)
