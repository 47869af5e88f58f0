"""Figures and tables, drawn from Info values."""
