"""Figures and tables, drawn from Info values."""

from modsearch.output.comparison_figure import save_comparison
from modsearch.output.comparison_table import comparison_json, comparison_table
from modsearch.output.description import describe_json, describe_tables
from modsearch.output.figure_file import check_figure_path
from modsearch.output.front_figure import save_front
from modsearch.output.front_matplotlib import matplotlib_figure
from modsearch.output.front_plotly import html_page, plotly_figure
from modsearch.output.front_series import uncertainty
from modsearch.output.front_table import front_json, front_table, published_table
from modsearch.output.part_table import part_table
from modsearch.output.plan_table import plan_json, plan_table
from modsearch.output.preset_table import preset_table
from modsearch.output.progress import SearchDisplay
from modsearch.output.retiming_table import retiming_json, retiming_table
from modsearch.output.screen import steady_console
from modsearch.output.selection_figure import save_selection
from modsearch.output.selection_plotly import selection_plotly
from modsearch.output.selection_table import selection_json, selection_tables
from modsearch.output.selection_words import fixed_line
from modsearch.output.speedup_figure import save_speedup
from modsearch.output.speedup_plotly import speedup_plot
from modsearch.output.status_table import Status, status_json, status_table
from modsearch.output.timing_progress import watch_timing
from modsearch.output.verdict import verdict

__all__ = [
    "SearchDisplay",
    "Status",
    "check_figure_path",
    "comparison_json",
    "comparison_table",
    "describe_json",
    "describe_tables",
    "fixed_line",
    "front_json",
    "front_table",
    "html_page",
    "matplotlib_figure",
    "part_table",
    "plan_json",
    "plan_table",
    "plotly_figure",
    "preset_table",
    "published_table",
    "retiming_json",
    "retiming_table",
    "save_comparison",
    "save_front",
    "save_selection",
    "save_speedup",
    "selection_json",
    "selection_plotly",
    "selection_tables",
    "speedup_plot",
    "status_json",
    "status_table",
    "steady_console",
    "uncertainty",
    "verdict",
    "watch_timing",
]
