#!/usr/bin/env python3
"""The second verifier: python3 verify.py [DIRECTORY [NAME …]]

It judges test/vectors/symbolon/NAME.json (all files if no name is given) with no code of the product, and prints one
line per file. It exits with 1 if it accepts, refuses or computes anything in another way than the file records.
"""

import importlib
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "lib"), str(HERE / "files")]
sys.dont_write_bytecode = True

from vectors import Tally, load, unread  # noqa: E402


def judge(directory, name):
    """The differences of one file; a file without a reader is one."""
    module = f"of_{name.replace('-', '_')}"
    if not (HERE / "files" / f"{module}.py").exists():
        return 0, [f"no reader for {name}.json"], {}
    reader, tally, vectors = importlib.import_module(module), Tally(), load(directory / f"{name}.json")
    try:
        reader.check(vectors, tally, lambda other: load(directory / f"{other}.json"))
        differences = tally.differences + [f"{path}: no check reads this" for path in unread(vectors, name)]
    except Exception as error:  # a refused document leaves nothing for the checks that need it
        differences = tally.differences + [f"stopped here: {error!r}"]
    return tally.passed, differences, getattr(reader, "NOT_COVERED", {})


def main(arguments):
    directory = Path(arguments[0]) if arguments else HERE.parent / "vectors" / "symbolon"
    names = arguments[1:] or sorted(path.stem for path in directory.glob("*.json"))
    failed = False
    for name in names:
        passed, differences, not_covered = judge(directory, name)
        failed = failed or bool(differences)
        verdict = f", {len(differences)} not" if differences else ""
        print(f"{name}: {passed} accepted or refused as recorded{verdict}", flush=True)
        for line in differences:
            print(f"  {line}")
        for what, why in not_covered.items():
            print(f"  not covered: {what} ({why})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
