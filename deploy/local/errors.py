"""What can go wrong when the platform is started on one machine.

Every message is one sentence for whoever typed `make run`.
"""


class LocalError(Exception):
    """Something the person at the terminal has to know; printed without a stack trace."""


class StartFailedError(LocalError):
    """A process did not start, or did not become ready in time."""


class FolderInUseError(LocalError):
    """Another running process holds the folder."""


class PortInUseError(LocalError):
    """A port that was asked for belongs to another program."""
