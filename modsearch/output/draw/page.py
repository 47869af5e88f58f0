"""What the interactive pages share: headline, colours, and the one HTML file that works without a network."""

from html import escape
from typing import Any

import plotly.graph_objects as go

from modsearch.output.draw.style import FAINT, FONT, FONT_SIZE, INK, MUTED, WARNING


def to_page(figure: go.Figure, title: str, name: str) -> str:
    """A page that holds plotly.js itself; ``name`` is the id of the element that is drawn into."""
    page = figure.to_html(include_plotlyjs=True, div_id=name, config={"displaylogo": False})
    head = f"<head><title>{escape(title)}</title><style>body{{margin:24px;background:#fff}}</style>"
    return str(page).replace("<head>", head, 1)


def layout(title: str, subtitle: str, warning: str = "", pad_top: int = 22) -> dict[str, Any]:
    """plotly's layout: a headline, the line below it, a warning if there is one; the colours of all pages."""
    lines = [f"<b>{escape(title)}</b>", _small(subtitle, MUTED)]
    lines += [f"<b>{_small(warning, WARNING)}</b>"] if warning else []
    corner = {"xref": "paper", "xanchor": "left", "yanchor": "top"}
    font = {"family": FONT, "color": INK}
    return {
        "title": {"text": "<br>".join(lines), "font": {"size": 19}, "x": 0, "y": 1, "pad": {"t": pad_top}, **corner},
        "font": {**font, "size": FONT_SIZE},
        "plot_bgcolor": "#fff",
        "paper_bgcolor": "#fff",
        "hoverlabel": {"bgcolor": "#fff", "bordercolor": FAINT, "align": "left", "font": font},
    }


def _small(text: str, colour: str) -> str:
    return f"<span style='font-size:13px;color:{colour}'>{escape(text)}</span>"
