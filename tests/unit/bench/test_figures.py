"""A figure says for itself whether it reaches its target."""

import pytest

from tests.bench.__main__ import Figure


@pytest.mark.parametrize(
    ("found", "is_at_least", "is_met"),
    [
        pytest.param(0.31, True, True, id="above a floor"),
        pytest.param(0.29, True, False, id="below a floor"),
        pytest.param(0.29, False, True, id="below a ceiling"),
        pytest.param(0.31, False, False, id="above a ceiling"),
    ],
)
def test_figure_is_met_on_the_right_side_of_its_target(
    found: float, is_at_least: bool, is_met: bool
) -> None:
    figure = Figure("a rate", found, 0.30, "x", is_at_least=is_at_least)

    assert figure.is_met is is_met
