"""Where the panels of a selector analysis lie, in pixels: at most three beside each other, four where they are many."""

from dataclasses import dataclass

WIDTH, HEIGHT, GAP_X, GAP_Y = 330, 190, 46, 84
LEFT, RIGHT, TOP, BOTTOM = 84, 30, 150, 66
_LINE = 18


@dataclass(frozen=True)
class Grid:
    """Rows and columns of panels, and the size of all with what stands around them."""

    num_panels: int
    num_notes: int

    @property
    def num_columns(self) -> int:
        """At least two panels' width, which the headline needs."""
        return max(2, min(self.num_panels, 3 if self.num_panels <= 9 else 4))

    @property
    def num_rows(self) -> int:
        """As many as the panels fill."""
        return -(-self.num_panels // self.num_columns)

    @property
    def inner(self) -> tuple[int, int]:
        """Width and height of all panels with the gaps between them."""
        columns, rows = self.num_columns, self.num_rows
        return columns * WIDTH + (columns - 1) * GAP_X, rows * HEIGHT + (rows - 1) * GAP_Y

    @property
    def full(self) -> tuple[int, int]:
        """Width and height of the figure."""
        return self.inner[0] + LEFT + RIGHT, self.inner[1] + TOP + BOTTOM + _LINE * self.num_notes

    def corner(self, number: int) -> tuple[int, int]:
        """Left and top of a panel, from the figure's upper left corner."""
        row, column = divmod(number, self.num_columns)
        return LEFT + column * (WIDTH + GAP_X), TOP + row * (HEIGHT + GAP_Y)

    def is_left(self, number: int) -> bool:
        """Whether a panel stands in the first column."""
        return number % self.num_columns == 0

    def is_lowest(self, number: int) -> bool:
        """Whether no panel stands below."""
        return number + self.num_columns >= self.num_panels
