"""The look that all figures share."""

from typing import Any

# Okabe and Ito's colours, which colour-blind readers can tell apart; greys carry everything else.
MOD, PLAIN, WARNING = "#0072B2", "#D55E00", "#A34700"
INK, MUTED, FAINT, GRID = "#1F2933", "#66717E", "#9AA5B1", "#E8ECF0"
FONT_SIZE = 12
FONT = "Inter, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"
"""Of pages; pictures have ``STYLE``."""

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Helvetica", "Arial", "sans-serif"],
    "font.size": 9,
    "axes.unicode_minus": False,
    "text.parse_math": False,  # a processor's name may hold dollars
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "modsearch",  # the same ids in every run
}
"""matplotlib's settings for a picture."""


def footnote_room(num_lines: int) -> int:
    """Pixels that footnotes beyond the third take."""
    return 16 * max(0, num_lines - 3)
