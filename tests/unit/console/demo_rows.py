"""Makes calls for the tests of the demonstration."""

from services.console.demo.calls import COLUMNS, CallRow, read_calls

HEADING = ",".join(COLUMNS)
GOOD = "7303190,2019-01-01,AU,ALL UNITS BROADCAST,2,2C,-121.423,38.613,AIR21,Y,Y,N"


def read(*lines: str) -> list[CallRow]:
    """Read lines below a heading."""
    return list(read_calls([HEADING, *lines]))


def make_row(**cells: str) -> CallRow:
    """Make a good call with other cells."""
    usual = dict(zip(COLUMNS, GOOD.split(","), strict=True))
    return read(",".join((usual | cells).values()))[0]
