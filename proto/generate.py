"""Generates the Python code of `proto/` into `proto/gen`; `--check` says whether it is current.

python proto/generate.py [--check] [PATH ...]     # PATH: only files below it, e.g. jointops/intel
"""

import argparse
import filecmp
import os
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent
GENERATED = ROOT / "gen"
VENDORED = ROOT / "third_party"


def main() -> int:
    """Generate, or compare with what is checked in; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, change nothing")
    parser.add_argument("paths", nargs="*", default=["jointops", "buf"])
    arguments = parser.parse_args()
    if not arguments.check:
        return generate(GENERATED, arguments.paths)
    with tempfile.TemporaryDirectory() as folder:
        return generate(Path(folder), arguments.paths) or compare(Path(folder), arguments.paths)


def generate(target: Path, paths: list[str]) -> int:
    """Run protoc with the plugins for code, stubs and gRPC; return its exit code."""
    # The stub plugins are programs beside this interpreter.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    target.mkdir(parents=True, exist_ok=True)
    plugins = ("python", "mypy", "grpc_python", "mypy_grpc")
    includes = (VENDORED, ROOT, files("grpc_tools") / "_proto")
    return int(
        protoc.main(
            [
                "protoc",
                *(f"-I{path}" for path in includes),
                *(f"--{plugin}_out=quiet:{target}" for plugin in plugins if "mypy" in plugin),
                *(f"--{plugin}_out={target}" for plugin in plugins if "mypy" not in plugin),
                *_sources(paths),
            ]
        )
    )


def compare(fresh: Path, paths: list[str]) -> int:
    """Name every generated file that differs from the one checked in; return 1 if one does."""
    stale = []
    for path in paths:
        names = {_name(file, fresh) for file in (fresh / path).rglob("*_pb2*")}
        names |= {_name(file, GENERATED) for file in (GENERATED / path).rglob("*_pb2*.py*")}
        names = {name for name in names if not name.endswith(".pyc")}
        _, differs, missing = filecmp.cmpfiles(fresh, GENERATED, sorted(names), shallow=False)
        stale += differs + missing
    for name in stale:
        print(f"stale: proto/gen/{name}; run `make proto`", file=sys.stderr)  # noqa: T201  # a tool
    return int(bool(stale))


def _name(file: Path, root: Path) -> str:
    return str(file.relative_to(root))


def _sources(paths: list[str]) -> list[str]:
    return sorted(
        str(file.relative_to(root))
        for root in (ROOT, VENDORED)
        for path in paths
        for file in _below(root / path)
    )


def _below(path: Path) -> list[Path]:
    return [path] if path.is_file() else list(path.rglob("*.proto"))


if __name__ == "__main__":
    sys.exit(main())
