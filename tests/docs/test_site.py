"""Every page of the site is reached from its index, and every link in the documents resolves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REPORTS = DOCS / "evidence"  # in folders of their own, beside the pages that are written
PAGES = sorted(path for path in DOCS.rglob("*.md") if REPORTS not in path.parents[1:])
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES]
CONCEPTS = sorted((DOCS / "concepts").glob("*.md"))


def entries(page: Path) -> set[Path]:
    """The pages that the contents of a page list."""
    found: set[Path] = set()
    for block in re.findall(r"^```\{toctree\}\n(.*?)^```", page.read_text(), re.DOTALL | re.M):
        for line in block.splitlines():
            if line and not line.startswith(":"):
                matches = set(page.parent.glob(f"{line}.md"))
                assert matches, f"{page.name} lists {line}"
                found |= matches
    return found


def prose(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and the site make them, and its own."""
    headings = re.findall(r"^#+ (.*)$", prose(page), flags=re.MULTILINE)
    slugs = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)
    return {*slugs, *re.findall(r'<a id="([\w-]+)"', page.read_text())}


def test_every_page_is_in_the_contents() -> None:
    reached, new = {DOCS / "index.md"}, {DOCS / "index.md"}
    while new:
        new = set().union(*map(entries, new)) - reached
        reached |= new
    assert [page for page in PAGES if page not in reached] == []
    assert len(reached) >= 40


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    for address in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" in address:
            continue
        name, _, anchor = address.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), address
        if anchor:
            assert anchor in anchors(target), address


@pytest.mark.parametrize("page", CONCEPTS, ids=lambda path: path.stem)
def test_a_concept_takes_a_few_minutes_to_read(page: Path) -> None:
    assert 200 <= len(page.read_text().split()) <= 800
