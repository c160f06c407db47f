"""Pages: escaped, complete, with a list of what they hold, and every note once."""

from __future__ import annotations

from steadytune._page.content import (
    Beside,
    Bullets,
    Chapter,
    Code,
    Figure,
    Fold,
    Page,
    Panel,
    Section,
    Terms,
    Text,
    kept,
)
from steadytune._page.render import namer, render, shared_notes, typographic
from steadytune._page.svg import Drawing, Frame
from steadytune._page.table import Column, Group, Row, Table


def page(*sections: Section, **more: object) -> str:
    return render(Page("A <page>", "", (Chapter("", sections),), **more))  # type: ignore[arg-type]


def table(*notes: str) -> Table:
    columns = (Column("One", str), Column("Two", str, dispensable=True))
    return Table("T", "First", columns, (Group("", (Row("a", ("1", "-2"), "a"),)),), notes)


def figure() -> Figure:
    panel = Panel("P", Drawing("p", "a & b", Frame(200, 100, 9, 9), lambda axes: None), name="a")
    return Figure("how to read it", (panel,), ("a",))


def test_every_kind_of_part_is_shown_and_escaped() -> None:
    parts = (
        Text("a < b of a"),
        Bullets(("x & y",)),
        Terms((("term", "<meaning>"),)),
        Terms((("a", "a name"),), "names"),
        Code("steadytune <x>"),
        table("a note"),
        Beside((Text("left"),), figure()),
        Fold("more", (Text("inside"),)),
    )
    found = page(Section("S", parts), slots={"a": 3})
    for text in (
        "<p><code>a</code> &lt; b of <code>a</code></p>",
        "<li>x &amp; y</li>",
        "<dd>&lt;meaning&gt;</dd>",
        "steadytune &lt;x&gt;",
        'data-label="Two">\N{MINUS SIGN}2</td>',
        "a note",
        "<svg",
        "how to read it",
        "<summary>more</summary>",
        "inside",
    ):
        assert text in found, text
    assert "<title>A &lt;page&gt;</title>" in found
    assert found.count("background: var(--slot-3)") == 4  # name, row, panel, legend


def test_what_holds_nothing_is_left_out() -> None:
    empty = (Text(""), Bullets(()), Terms(()), Code(""), Figure("c", ()), Fold("f", ()), None)
    assert kept(*empty) == ()
    assert not Section("s", ()) and not Chapter("c", ())
    assert table()


def test_contents_lead_to_chapters_and_to_sections_without_one() -> None:
    text = (Text("t"),)
    inside = Chapter("Chapter", (Section("Hidden", text),))
    others = tuple(Section(name, text) for name in ("One", "Two", "Two", "Four"))
    found = render(Page("p", "", (Chapter("", others), inside)))
    contents = found[found.index("<nav") : found.index("</nav>")]
    anchors = ("one", "two", "two-2", "four", "chapter")
    assert [f'href="#{a}"' in contents and found.count(f'id="{a}"') for a in anchors] == [1] * 5
    assert "Hidden" not in contents
    assert "<nav" not in page(*others)


def test_a_note_below_several_tables_is_printed_once() -> None:
    shared, alone = "said of both -1", "said of one"
    found = page(
        Section("A", (table(shared, alone),)), Section("B", (Fold("f", (table(shared),)),))
    )
    assert found.count("said of both") == found.count("said of one") == 1
    assert found.count('Note <a href="#note-1">1</a>') == 2
    assert found.count('id="note-1"') == 1
    assert shared_notes([table("x", "x"), table("y")]) == {}


def test_a_table_without_its_dispensable_columns() -> None:
    narrow = table().narrowed()
    assert narrow.headings == ("One",)
    assert narrow.groups[0].rows[0].cells == ("1",)


def test_minus_signs_and_percent_signs() -> None:
    assert typographic("-1.2 to +3.4, p") == "\u22121.2 to +3.4, p"
    assert typographic("lnsr:layer=-1 of 5 % a-1") == "lnsr:layer=-1 of 5\u00a0% a-1"


def test_names_are_set_apart_and_escaped() -> None:
    mark = namer(["lnsr", "lnsr:std=0.1", "<b>"])
    assert mark("lnsr, lnsr:std=0.1 and <b> & lnsrx.") == (
        "<code>lnsr</code>, <code>lnsr:std=0.1</code> and <code>&lt;b&gt;</code> &amp; lnsrx."
    )
    assert namer([])("a < b") == "a &lt; b"
    assert namer(["plain, 1e-4"])('"plain, 1e-4" (--keep soup), x--y.') == (
        "<code>&#34;plain, 1e-4&#34;</code> (<code>--keep</code> soup), x--y."
    )
    long = "mixout with a name of its own"
    assert namer([long])(long) == f'<code class="long">{long}</code>'
