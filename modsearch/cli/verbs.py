"""The verbs in the help's groups, and what older names are called now."""

from typing import Any

from typer.core import TyperGroup

GROUPS = {
    "Search": ("new", "plan", "search", "status"),
    "Trust the result": ("refine", "retime"),
    "Look at it": ("front", "dashboard", "describe", "compare", "analyse", "published"),
    "Deploy it": ("train", "export", "verify"),
    "Service": ("latency-table", "doctor", "schema"),
}
_RENAMED = {"selection": "analyse STUDY --id ID --selection", "published --compare": "compare"}


class Verbs(TyperGroup):
    """The command line's verbs."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write them group by group; those of no group are plumbing and are not listed."""
        width = formatter.width - 6 - max(map(len, self.commands))
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(width)) for name in names])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a verb; an older name says the new one."""
        for old, new in _RENAMED.items():
            first, *options = old.split()
            if args[0] == first and set(options) <= set(args) and (options or first not in self.commands):
                ctx.fail(f"'modsearch {old}' is called 'modsearch {new}' now.")
        return super().resolve_command(ctx, args)
