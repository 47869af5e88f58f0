import io

from rich.console import Console, RenderableType


def printed(table: RenderableType, width: int = 140) -> str:
    """What a terminal of this width shows."""
    out = io.StringIO()
    Console(file=out, width=width).print(table)
    return out.getvalue()
