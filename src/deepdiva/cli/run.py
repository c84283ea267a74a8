"""`deepdiva run TASK|FILE.py|REQUEST.toml`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from deepdiva.errors import DeepDivaError
from deepdiva.provenance.stamp import Level


def main(words: list[str]) -> int:
    """Run once; the environment is settled before torch is imported, hence the late imports."""
    if not {"-h", "--help"} & set(words):
        _settle(words)
    from deepdiva import experiment
    from deepdiva.cli import result, run_words
    from deepdiva.cli.progress import progress_on

    request, place, said = run_words.read(words)
    with progress_on() as progress:
        try:
            record = experiment.run(
                request,
                place,
                on_uncommitted=said.on_uncommitted,
                deep=said.deep,
                strict_inputs=said.strict_inputs,
                stop_after_steps=said.stop_after_steps,
                self_check=said.self_check,
                progress=progress,
            )
        except DeepDivaError:
            result.tell_broken(progress.folder, as_json=said.json)
            raise
    result.tell(record, as_json=said.json)
    return 0


def _settle(words: Sequence[str]) -> None:
    """Put the environment of the level in force; this starts the command again where needed."""
    from deepdiva.provenance.levels import default_threads, settle

    level, threads = _asked(words)
    settle(level, threads or default_threads(level))


def _asked(words: Sequence[str]) -> tuple[Level, int | None]:
    """Return level and threads as far as the words tell; what is wrong with them is told later."""
    machine = _machine_of(words)
    level = _value(words, "--determinism") or machine.get("determinism")
    threads = _value(words, "--threads") or str(machine.get("threads", ""))
    known: Level = next((name for name in get_args(Level) if name == level), "strict")
    return known, int(threads) if threads.isdecimal() and int(threads) > 0 else None


def _machine_of(words: Sequence[str]) -> dict[str, object]:
    request = next((word for word in words if word.endswith(".toml")), None)
    if request is None:
        return {}
    from deepdiva.config import read_toml

    machine = read_toml(Path(request)).get("machine", {})
    return machine if isinstance(machine, dict) else {}


def _value(words: Sequence[str], flag: str) -> str | None:
    for word, following in zip(words, [*words[1:], ""], strict=False):
        if word == flag:
            return following
        if word.startswith(f"{flag}="):
            return word.partition("=")[2]
    return None
