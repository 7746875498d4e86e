"""The list of verbs in ``showerkit --help``: by what they are for, each with its whole sentence."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

#: No sentence is as long: the lines are wrapped, never cut.
_WHOLE_SENTENCE = 1000


class GroupedHelp(TyperGroup):
    """Verbs under the headings that they were registered with."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the verbs, heading by heading, in the order of registration.

        Parameters
        ----------
        ctx
            The context of the call.
        formatter
            What the lines are written to.
        """
        headings: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            verb = self.get_command(ctx, name)
            if verb is not None and not verb.hidden:
                heading = getattr(verb, "rich_help_panel", None) or "Commands"
                headings.setdefault(str(heading), []).append((name, verb.get_short_help_str(_WHOLE_SENTENCE)))
        column = max((len(name) for rows in headings.values() for name, _ in rows), default=0)
        for heading, rows in headings.items():
            with formatter.section(heading):
                # The same column under every heading.
                formatter.write_dl([(name.ljust(column), sentence) for name, sentence in rows])
