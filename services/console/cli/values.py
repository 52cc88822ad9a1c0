"""Reads what is typed: codes of the protos as words, moments as times or as delays from now."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import typer
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from chassis.timestamps import to_timestamp

_DELAY = re.compile(r"\+(\d{1,5})(m|h|d)")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
MOMENT = "WHEN"
MOMENT_HELP = "As 2026-12-01T08:00Z, or from now as +30m, +48h, +7d."


def words_of(enum: EnumTypeWrapper) -> dict[str, int]:
    """Return the values of an enum by their word; the prefix and the zero value are left out."""
    values = enum.DESCRIPTOR.values
    prefix = values[0].name.removesuffix("UNSPECIFIED")
    return {value.name.removeprefix(prefix).lower(): value.number for value in values[1:]}


def one_of(enum: EnumTypeWrapper, sentence: str) -> Any:
    """Make the option that takes one word of an enum and gives its number."""
    words = words_of(enum)
    sentence = f"{sentence} One of: {', '.join(words)}."
    return typer.Option(parser=_word_parser(words), metavar="WORD", help=sentence)


def moment_option(sentence: str) -> Any:
    """Make the option that takes a moment."""
    return typer.Option(parser=parse_moment, metavar=MOMENT, help=f"{sentence} {MOMENT_HELP}")


def parse_moment(text: str) -> Any:
    """Read a moment as protobuf wants it; without a zone it is UTC.

    Raises:
        typer.BadParameter: It is neither a time nor a delay.
    """
    delay = _DELAY.fullmatch(text.strip())
    if delay is not None:
        return to_timestamp(datetime.now(UTC) + int(delay[1]) * _UNITS[delay[2]])
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        sentence = f"{text!r} is no time. {MOMENT_HELP}"
        raise typer.BadParameter(sentence) from None
    return to_timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _word_parser(words: dict[str, int]) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            return words[text.strip().lower().replace("-", "_")]
        except KeyError:
            sentence = f"{text!r} is not one of {', '.join(words)}."
            raise typer.BadParameter(sentence) from None

    return parse
