"""The table of call types."""

import pytest

from services.station.dispatch import call_types
from services.station.dispatch.aggregate import CallType

HEADER = "code,description,priority,is_serious,source\n"


def test_table_of_the_service_holds_every_code_of_the_data() -> None:
    known = call_types.load()

    assert len(known) == 145
    assert known["211P"] == CallType(
        "211P", "ROBBERY-IN PROGRESS", 1, is_serious=True, source="California Penal Code 211"
    )


@pytest.mark.parametrize(
    ("code", "is_serious"),
    [
        pytest.param("187C", True, id="homicide"),
        pytest.param("459R", True, id="burglary"),
        pytest.param("487GUN", True, id="theft_of_a_firearm"),
        pytest.param("273.5R", True, id="domestic_violence"),
        pytest.param("242P", False, id="misdemeanor"),
        pytest.param("927S", False, id="shots_heard"),
        pytest.param("484P", False, id="petty_theft"),
        pytest.param("TSTOP", False, id="traffic_stop"),
    ],
)
def test_table_of_the_service_says_which_calls_become_cases(code: str, is_serious: bool) -> None:
    known = call_types.load()

    assert known[code].is_serious is is_serious


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(",NOISE,4,no,city", id="no_code"),
        pytest.param("415e,NOISE,4,no,city", id="lower_case"),
        pytest.param("415E,NOISE,5,no,city", id="priority_beyond_four"),
        pytest.param("415E,NOISE,4,maybe,city", id="neither_yes_nor_no"),
        pytest.param("415E,NOISE", id="short"),
    ],
)
def test_table_is_refused_when_a_row_is_malformed(row: str) -> None:
    with pytest.raises(ValueError, match=r"line 2: .* is no call type"):
        call_types.parse(HEADER + row)


def test_table_is_refused_when_a_code_comes_twice() -> None:
    row = "415E,NOISE,4,no,city\n"

    with pytest.raises(ValueError, match="line 3: 415E comes twice"):
        call_types.parse(HEADER + row + row)
