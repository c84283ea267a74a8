"""`deepdiva <verb> ...`: find the verb, call its page, turn errors into exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from deepdiva.errors import DeepDivaError

VERBS: dict[str, str] = {
    "demo": "the main job on real data, no network needed",
    "run": "train, validate and test once, and record it all",
    "resume": "go on with an interrupted run, to the same bits",
    "reproduce": "run a finished run again, and say whether the bits agree",
    "verify": "compare a run or a data set with its own digests",
    "restore": "bring back the code of a run, byte for byte",
    "pack": "one zip with which a stranger can run it again",
    "attest": "sign a run: a statement that anybody can check",
    "list": "find runs",
    "show": "look at one run",
    "diff": "tell every fact in which two runs differ",
    "bisect": "find the step and the place where two runs part",
    "board": "open TensorBoard on the runs, live",
    "data": "get, footprint and verify data sets",
}


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; the only place where errors end."""
    words = list(sys.argv[1:] if words is None else words)
    try:
        status = _dispatch(words)
        sys.stdout.flush()
        return status
    except DeepDivaError as error:
        print(f"deepdiva: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("deepdiva: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0
    if words[0] == "--version":
        from deepdiva import __version__

        print(f"deepdiva {__version__}")
        return 0
    if words[0] not in VERBS:
        return _unknown(words[0])
    page = importlib.import_module(f"deepdiva.cli.{words[0]}")
    status: int = page.main(words[1:])
    return status


def _overview() -> str:
    verbs = "\n".join(f"  {verb:<10} {meaning}" for verb, meaning in VERBS.items())
    return (
        "usage: deepdiva <verb> ...\n\n"
        "Deep-learning experiments that anyone can run again, and prove it.\n\n"
        f"{verbs}\n\n"
        "example:\n"
        "  deepdiva data get digits --to data\n"
        "  deepdiva run image-classification --data data/digits --epochs 10 --seed 1\n\n"
        "`deepdiva <verb> --help` tells more."
    )


def _unknown(verb: str) -> int:
    import difflib

    near = difflib.get_close_matches(verb, VERBS, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`deepdiva --help` lists them"
    print(f"deepdiva: unknown verb {verb!r}; {hint}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
