"""Figures and tables, drawn from Info values."""

from modsearch.output.comparison.figure import save_comparison
from modsearch.output.comparison.table import comparison_json, comparison_table
from modsearch.output.draft import draft_lines, draft_remarks
from modsearch.output.draw.file import check_figure_path, check_picture_path
from modsearch.output.front.figure import save_front
from modsearch.output.front.matplotlib import matplotlib_figure
from modsearch.output.front.plotly import html_page, plotly_figure
from modsearch.output.front.series import front_words, uncertainty
from modsearch.output.front.table import front_json, front_table, published_table
from modsearch.output.front.verdict import verdict
from modsearch.output.live.network import NetworkDisplay
from modsearch.output.live.refinement import RefinementDisplay
from modsearch.output.live.screen import steady_console
from modsearch.output.live.search import SearchDisplay
from modsearch.output.live.timing import watch_timing
from modsearch.output.live.training import TrainingDisplay
from modsearch.output.refined.figure import save_refined
from modsearch.output.refined.json import refined_json
from modsearch.output.refined.table import refined_tables
from modsearch.output.refined.words import network_lines, refined_words
from modsearch.output.selection.figure import save_selection
from modsearch.output.selection.plotly import selection_plotly
from modsearch.output.selection.table import selection_json, selection_tables
from modsearch.output.selection.words import fixed_line
from modsearch.output.speedup.figure import save_speedup
from modsearch.output.speedup.plotly import speedup_plot
from modsearch.output.speedup.words import speedup_json
from modsearch.output.table.description import describe_json, describe_tables
from modsearch.output.table.part import part_table
from modsearch.output.table.plan import plan_json, plan_table
from modsearch.output.table.preset import preset_table
from modsearch.output.table.retiming import retiming_json, retiming_table
from modsearch.output.table.status import Status, status_json, status_table
from modsearch.output.table.swap import swap_json, swap_table, swap_words
from modsearch.output.training.confusion import read_confusion
from modsearch.output.training.figure import save_confusion_figure, save_training_figure
from modsearch.output.training.table import class_table, training_json, training_table
from modsearch.output.training.words import training_lines

__all__ = [
    "NetworkDisplay",
    "RefinementDisplay",
    "SearchDisplay",
    "Status",
    "TrainingDisplay",
    "check_figure_path",
    "check_picture_path",
    "class_table",
    "comparison_json",
    "comparison_table",
    "describe_json",
    "describe_tables",
    "draft_lines",
    "draft_remarks",
    "fixed_line",
    "front_json",
    "front_table",
    "front_words",
    "html_page",
    "matplotlib_figure",
    "network_lines",
    "part_table",
    "plan_json",
    "plan_table",
    "plotly_figure",
    "preset_table",
    "published_table",
    "read_confusion",
    "refined_json",
    "refined_tables",
    "refined_words",
    "retiming_json",
    "retiming_table",
    "save_comparison",
    "save_confusion_figure",
    "save_front",
    "save_refined",
    "save_selection",
    "save_speedup",
    "save_training_figure",
    "selection_json",
    "selection_plotly",
    "selection_tables",
    "speedup_json",
    "speedup_plot",
    "status_json",
    "status_table",
    "steady_console",
    "swap_json",
    "swap_table",
    "swap_words",
    "training_json",
    "training_lines",
    "training_table",
    "uncertainty",
    "verdict",
    "watch_timing",
]
