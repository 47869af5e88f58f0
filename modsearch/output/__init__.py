"""Figures and tables, drawn from Info values."""

from modsearch.output.front_figure import save_front
from modsearch.output.front_matplotlib import matplotlib_figure
from modsearch.output.front_plotly import html_page, plotly_figure
from modsearch.output.front_table import front_json, front_table, published_table

__all__ = [
    "front_json",
    "front_table",
    "html_page",
    "matplotlib_figure",
    "plotly_figure",
    "published_table",
    "save_front",
]
