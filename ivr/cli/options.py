"""How a command reads what was typed: what is wrong is said with the option's name, and no option counts that was given twice."""

from collections.abc import Callable
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand

T = TypeVar("T")


class Once(TyperCommand):
    """A command that refuses an option given twice, unless it takes several: ``@app.command(cls=Once)``."""

    def make_parser(self, ctx: Any) -> Any:
        """The usual one, which would let the last of them win."""
        parser: Any = super().make_parser(ctx)
        read = parser.parse_args

        def parse_args(args: list[str]) -> Any:
            values, rest, given = read(args=args)
            for option in given:
                if given.count(option) > 1 and not option.multiple:
                    raise typer.BadParameter("Give it once.", ctx=ctx, param=option)
            return values, rest, given

        parser.parse_args = parse_args
        return parser


def reads(read: Callable[[str], T]) -> Callable[[str], T]:
    """``parser=reads(moments.moment)``: its ValueError becomes a usage error that names the option."""

    def parse(text: str) -> T:
        try:
            return read(text)
        except ValueError as wrong:
            raise typer.BadParameter(str(wrong)) from None

    return parse


def a_name(text: str) -> str:
    """A name of one line that no terminal and no spreadsheet takes for anything else. Raises ValueError."""
    from ivr.administration.forms import plain_text  # brings much with it

    return plain_text(text)
