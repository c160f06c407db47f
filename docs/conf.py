"""The documentation site: `make docs` builds it into docs/_build, without a network."""

import re
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

project = "steadytune"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build", "evidence/*/*.md"]
source_suffix = {".md": "markdown"}
html_theme = "furo"
html_title = "steadytune"
html_copy_source = False
autodoc_typehints = "description"
autodoc_member_order = "bysource"
autodoc_default_options = {"show-inheritance": False}
napoleon_use_ivar = True
myst_enable_extensions = ["amsmath"]
myst_heading_anchors = 4
# Docstrings quote code as Markdown does, with single backticks.
default_role = "code"

_DOCS = Path(__file__).parent
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^):#]+)(#[^)]*)?\)")


def _leave_outside(app: Sphinx, name: str, source: list[str]) -> None:
    """Links to files of the repository that are not on the site become their words."""
    folder = (_DOCS / name).parent

    def shown(link: re.Match[str]) -> str:
        target = (folder / link[2]).resolve()
        reports = _DOCS / "evidence"
        report = reports in target.parents[1:] or (target.parent == reports and not target.suffix)
        inside = target.is_relative_to(_DOCS) and not report
        return link[0] if inside else link[1]

    text = re.sub(r'^<a id="([\w-]+)"></a>', r"(\1)=\n", source[0], flags=re.MULTILINE)
    source[0] = _LINK.sub(shown, text)


def _as_rst(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Formulas of docstrings are indented, as in Markdown, and have bars that are not reST's."""
    for number, line in enumerate(lines):
        below = [*lines[number + 1 : number + 3], "", ""]
        if line.endswith(":") and not below[0].strip() and below[1].startswith(line_indent(line)):
            lines[number] = f"{line}:"
        elif not line.startswith("    "):
            lines[number] = line.replace("|", r"\|")


def line_indent(line: str) -> str:
    """The indentation of a block below a line."""
    return " " * (len(line) - len(line.lstrip()) + 4)


def setup(app: Sphinx) -> None:
    for language in ("csv", "tsv"):
        app.add_lexer(language, TextLexer)
    app.connect("source-read", _leave_outside)
    app.connect("autodoc-process-docstring", _as_rst, priority=400)
