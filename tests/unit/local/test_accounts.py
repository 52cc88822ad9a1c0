"""Secrets against their hashes, and how often somebody may be wrong."""

import pytest

from deploy.local.accounts import Account, Accounts, Throttle, hash_secret

KNOWN = Account("commander-7f3a", ("commander",), "jinqiao", **hash_secret("right"))


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def wrong_attempts(throttle: Throttle, person_id: str, count: int) -> list[float]:
    """Make attempts that stay wrong and return what each was told."""
    return [throttle.enter(person_id) for _ in range(count)]


def test_account_is_found_by_its_secret() -> None:
    assert Accounts([KNOWN]).check("commander-7f3a", "right") == KNOWN


@pytest.mark.parametrize(
    ("person_id", "secret"),
    [("commander-7f3a", "wrong"), ("nobody-0000", "right"), ("", ""), ("commander-7f3a", "\ud800")],
    ids=["wrong secret", "unknown person", "nothing", "half a surrogate pair"],
)
def test_account_is_not_found(person_id: str, secret: str) -> None:
    assert Accounts([KNOWN]).check(person_id, secret) is None


def test_same_secret_has_another_hash_each_time() -> None:
    assert hash_secret("right")["hash"] != hash_secret("right")["hash"]


def test_five_wrong_attempts_are_allowed_and_the_sixth_waits() -> None:
    throttle = Throttle(HandClock())

    assert wrong_attempts(throttle, "a", 6) == [0, 0, 0, 0, 0, 60.0]


def test_throttle_opens_again_after_a_minute() -> None:
    clock = HandClock()
    throttle = Throttle(clock)
    wrong_attempts(throttle, "a", 6)

    clock.seconds += 60.0

    assert throttle.enter("a") == 0


def test_attempts_while_waiting_do_not_make_the_wait_longer() -> None:
    clock = HandClock()
    throttle = Throttle(clock)
    wrong_attempts(throttle, "a", 50)

    clock.seconds += 20.0

    assert throttle.enter("a") == 40.0


def test_throttle_of_one_person_leaves_others_alone() -> None:
    throttle = Throttle(HandClock())
    wrong_attempts(throttle, "a", 6)

    assert throttle.enter("b") == 0


def test_right_secret_forgets_the_wrong_ones() -> None:
    throttle = Throttle(HandClock())
    wrong_attempts(throttle, "a", 4)
    throttle.enter("a")

    throttle.leave("a")

    assert wrong_attempts(throttle, "a", 6) == [0, 0, 0, 0, 0, 60.0]


def test_throttle_remembers_a_bounded_number_of_people() -> None:
    throttle = Throttle(HandClock())

    told = [throttle.enter(f"person-{number}") for number in range(5000)]

    assert set(told) == {0.0}
    assert len(throttle._attempts) == 4096
