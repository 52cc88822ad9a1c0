"""Become another program on a leash: the kernel signals it when its parent dies.

Run by `deploy.local.child` as a script (`python -I -S leash.py ...`), because the work belongs
between fork and exec, where a process with threads may not run Python. With a user id it first
gives up root for a program that refuses to run as root. It keeps the one right to pass through
folders that are closed to others, so that a private checkout stays private. Linux only; imports
nothing but the standard library.
"""

import argparse
import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
# Version 3 of the capability structure: two 32-bit words of each set.
CAPABILITY_VERSION = 0x20080522
# Shells say the same when a program cannot be run.
EXIT_CANNOT_RUN = 126

_libc = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Tie this process to its parent and become the program named on the command line."""
    options = _parse()
    try:
        if options.uid is not None:
            drop_root(options.uid, options.program[0])
        tie_to_parent(options.parent, signal.Signals[options.signal])
        os.execv(options.program[0], options.program)  # noqa: S606 - becoming it is the purpose
    except OSError as error:
        sys.stderr.write(f"leash: {options.program[0]}: {error.strerror}\n")
        sys.exit(EXIT_CANNOT_RUN)


def drop_root(uid: int, program: str) -> None:
    """Change to an unprivileged user and group, keeping only the right to pass closed folders."""
    capability = _pass_right(program)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    _call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setresuid(uid, uid, uid)
    _keep_only(capability)


def tie_to_parent(parent: int, on_death: signal.Signals) -> None:
    """Ask for a signal at the death of the parent; only after the user id is final.

    A change of the user id clears the request, hence the order in `main`.
    """
    _call("prctl", PR_SET_PDEATHSIG, int(on_death), 0, 0, 0)
    if os.getppid() != parent:
        # The parent died before the request; nobody would send the signal any more.
        sys.exit(EXIT_CANNOT_RUN)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", required=True)
    parser.add_argument("--uid", type=int)
    parser.add_argument("program", nargs="+")
    return parser.parse_args()


def _pass_right(program: str) -> int | None:
    """Choose the weakest right that lets the program be reached, or None where none is held."""
    held = _held_capabilities()
    others_may_execute = bool(Path(program).stat().st_mode & 0o001)
    if held >> CAP_DAC_READ_SEARCH & 1 and others_may_execute:
        return CAP_DAC_READ_SEARCH
    # Containers usually withhold the right above from root and grant this one.
    if held >> CAP_DAC_OVERRIDE & 1:
        return CAP_DAC_OVERRIDE
    return None


def _held_capabilities() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapPrm:"):
            return int(line.split()[1], 16)
    return 0


def _keep_only(capability: int | None) -> None:
    bits = 0 if capability is None else 1 << capability
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    # Effective, permitted and inheritable set, low words first.
    sets = (ctypes.c_uint32 * 6)(bits, bits, bits, 0, 0, 0)
    _call("capset", header, sets)
    if capability is not None:
        _call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def _call(function: str, *arguments: object) -> None:
    if getattr(_libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


if __name__ == "__main__":
    main()
