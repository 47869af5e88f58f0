"""Tables of facts: a name and what it is, one fact a row."""

from collections.abc import Iterable

from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Table

from modsearch.space import Budget


def fact_table(title: str, rows: Iterable[tuple[str, str]], caption: str | None = None) -> Table:
    """Names in bold, texts as they are: what looks like markup in them is none."""
    table = Table(title=escape(title), caption=caption, box=SIMPLE, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(name, escape(text))
    return table


def show_limits(budget: Budget) -> str:
    """Such as ``trials 16, trial hours 24``: the limits that are given."""
    limits = [f"{name} {value:g}" for name, value in budget.model_dump(exclude_none=True).items()]
    return ", ".join(limits).replace("_", " ")
