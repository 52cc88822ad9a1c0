"""Why the console cannot go on: each error is a sentence, what to do next, and an exit code."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of `jointops`."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNAVAILABLE = 3


class ConsoleError(Exception):
    """The console cannot go on; shown as a panel, never as a stack trace.

    Args:
        sentence: What is wrong.
        advice: What the person at the terminal does next.
        code: How the program ends.
    """

    def __init__(self, sentence: str, *, advice: str, code: Exit) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.advice = advice
        self.code = code


class PlatformDownError(ConsoleError):
    """Nothing runs where the console looked."""

    def __init__(self, sentence: str) -> None:
        super().__init__(
            sentence,
            advice="启动平台 Start it with `make run`, or name another one with --run-folder.",
            code=Exit.UNAVAILABLE,
        )


class NotSignedInError(ConsoleError):
    """Nobody is signed in, or the one who was is unknown here."""

    def __init__(self, sentence: str) -> None:
        super().__init__(
            sentence,
            advice="登录 Sign in with `jointops login PERSON_ID`, or choose somebody with --as.",
            code=Exit.REFUSED,
        )


class UsageError(ConsoleError):
    """What was asked does not make sense."""

    def __init__(self, sentence: str, *, advice: str) -> None:
        super().__init__(sentence, advice=advice, code=Exit.USAGE)
