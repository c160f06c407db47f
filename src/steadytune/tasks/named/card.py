"""What is known of a named task before any of its rows is read."""

from __future__ import annotations

from dataclasses import dataclass

from .selection import Selection


@dataclass(frozen=True)
class Origin:
    """Who made a set of rows, and what may be done with it.

    Args:
        source: The publication or release, in a few words.
        licence: The licence, in a few words.
    """

    source: str
    licence: str


@dataclass(frozen=True)
class HubSplit:
    """Where the Hugging Face hub has a set of rows.

    Args:
        repository: Owner and name of the data set, and after an @ the commit that is read; without
            one, the newest is.
        config: Its configuration; None for the only one.
        split: Name of the split.
        rows: Rows that are used of it.
        columns: What our text columns are called there, in our order; empty where the names are
            the same.
        labels: Pairs of a class's name there and ours, where the two differ; rows of a class
            without a name there (-1, no agreed label) are left out.
        id_prefix: Only rows whose `id` starts so are used.
        selection: Which rows are used of these, told by our names of columns; None for all.
    """

    repository: str
    config: str | None
    split: str
    rows: int
    columns: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    id_prefix: str = ""
    selection: Selection | None = None

    @property
    def name(self) -> str:
        """Owner and name of the data set."""
        return self.repository.partition("@")[0]

    @property
    def revision(self) -> str | None:
        """Commit of the repository; None for the newest."""
        return self.repository.partition("@")[2] or None

    @property
    def address(self) -> str:
        """Name, configuration and split in one word each."""
        return ", ".join(part for part in (self.name, self.config, self.split) if part)


@dataclass(frozen=True)
class Rows:
    """One set of rows of a named task.

    Args:
        count: Rows in a local copy, or in the built-in data.
        origin: Where the rows come from.
        file: Path in a local copy below the data root, without its ending; None for built-in data.
        hub: Where the hub has them; None where it does not.
        note: What must be known about the rows of a local copy.
        selection: Which rows of the file are used; None for all.
    """

    count: int
    origin: Origin
    file: str | None = None
    hub: HubSplit | None = None
    note: str = ""
    selection: Selection | None = None


@dataclass(frozen=True)
class Companion:
    """Rows of another domain that a model of the task is evaluated on.

    Args:
        name: Name of the domain.
        rows: Its rows.
        exposed: Whether the embedded model has seen these rows, or what they were made of.
        note: What must be known about it.
    """

    name: str
    rows: Rows
    exposed: bool = False
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskCard:
    """An entry of the catalogue, as values.

    Args:
        name: Name of the task.
        summary: One line for listings.
        kind: One of `PROBLEMS`.
        columns: The text columns.
        label_names: Names of the classes in the order of their numbers.
        metric: The primary metric.
        domain: The domain trained on; empty for the task's own name.
        train: The rows to train on.
        test: The rows to evaluate on in the domain trained on.
        companions: Other domains to evaluate on.
        exposed: Whether the embedded model has seen `test`.
        shares_texts_with: Tasks made of the same texts: a model trained on one is never reported
            on another.
        notes: What must be known about the task, a sentence each.
    """

    name: str
    summary: str
    kind: str
    columns: tuple[str, ...]
    label_names: tuple[str, ...] = ()
    metric: str
    domain: str = ""
    train: Rows
    test: Rows
    companions: tuple[Companion, ...] = ()
    exposed: bool = False
    shares_texts_with: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def own_domain(self) -> str:
        """Name of the domain trained on."""
        return self.domain or self.name

    @property
    def exposed_domains(self) -> tuple[str, ...]:
        """Names of the domains that the embedded model has seen."""
        own = (self.own_domain,) if self.exposed else ()
        return (*own, *(companion.name for companion in self.companions if companion.exposed))
