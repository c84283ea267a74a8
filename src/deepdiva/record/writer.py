"""Write a run down while it happens: facts are appended, never changed.

To take a measurement costs a microsecond: it is kept as it came, and becomes a line at the
next `flush`.  What was flushed outlives the process; what was flushed with `sync`, the machine.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from jaxtyping import UInt64

from deepdiva.errors import CheckpointError, ConfigError
from deepdiva.provenance.files import make_folder, write_atomically
from deepdiva.record import arrays as npz
from deepdiva.record import chain, events
from deepdiva.record.append import AppendFile
from deepdiva.record.info import Status, write_info
from deepdiva.record.lock import RunLock
from deepdiva.record.result import write_result
from deepdiva.record.seal import write_seal

FLUSH_SECONDS = 0.5
LAST_LINES = 1 << 16
"""Bytes at the end of `chain.jsonl` among which its head is looked for."""
BEGINNING: Mapping[str, int | str] = {"events": 0, "chain": 0, "system": 0, "head": chain.START.hex()}
"""The marks of a run without a step: where a run without a checkpoint is rewound to."""


class RunWriter:
    """The one writer of a run folder; made by `create_run` and `reopen_run`.

    Args:
        folder: The run folder.
        lock: The right to write into it.
        info: What `run.json` holds.
    """

    def __init__(self, folder: Path, lock: RunLock, info: Mapping[str, Any]) -> None:
        self.folder = folder
        self._lock, self._info, self._opened = lock, dict(info), time.monotonic()
        self._files = {name: AppendFile(folder / f"{name}.jsonl") for name in ("events", "chain", "system")}
        self._log = AppendFile(folder / "log.txt")
        self._head = chain.START
        self._events: list[events.Scalar | events.ArrayNote] = []
        self._chain: list[chain.Link | chain.WeightsNote] = []
        self._system: list[str] = []
        self._due = time.monotonic() + FLUSH_SECONDS

    def scalar(
        self, split: str, metric: str, value: float | None, *, epoch: int, step: int, scope: events.Scope
    ) -> None:
        """Take the measurement `<split>/<metric>`; None, NaN and infinity are told as null with a reason."""
        self._events.append((split, metric, scope, epoch, step, value, time.time()))

    def array(
        self, split: str, metric: str, *, epoch: int, step: int, arrays: Mapping[str, np.ndarray]
    ) -> None:
        """Write `arrays` to `arrays/<split>-<metric>-<epoch>.npz` and take note of them.

        Raises:
            ConfigError: the metric's name cannot be the name of a file (CFG-020).
            ResourceError: the file cannot be written.
        """
        place, content = _array_place(split, metric, epoch), npz.encode(arrays)
        make_folder(self.folder / "arrays")
        write_atomically(self.folder / place, content)
        sha256 = hashlib.sha256(content).hexdigest()
        self._events.append(events.ArrayNote(split, metric, epoch, step, place, sha256, time.time()))

    def chain_step(self, step: int, loss: np.float32, identities: UInt64[np.ndarray, " batch"]) -> None:
        """Take one step into the chain: the bits of its loss, and which samples it saw in which order."""
        self._chain.append((step, loss, identities.astype("<u8", copy=False).tobytes()))

    def chain_weights(self, *, epoch: int, step: int, sha256: str) -> None:
        """Put a digest of the weights beside the chain."""
        self._chain.append(chain.WeightsNote(epoch, step, sha256))

    def system(self, *, epoch: int, step: int, samples_per_second: float) -> None:
        """Take note of how fast it goes; kept apart, since no two runs agree on it."""
        self._system.append(
            f'{{"epoch":{epoch},"step":{step},"samples_per_second":{float(samples_per_second):.6g},'
            f'"time":{time.time():.6f}}}\n'
        )

    def log(self, text: str) -> None:
        """Append `text` to `log.txt`, with the time."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        lines = [f"{now}  {line}\n" for line in text.splitlines()]
        self._log.append("".join(lines).encode("utf-8", "backslashreplace"))

    def flush_due(self) -> bool:
        """Tell whether measurements have waited for half a second; cheap enough to ask at every step."""
        return time.monotonic() >= self._due

    def flush(self, *, sync: bool = False) -> None:
        """Write what was taken; with `sync`, wait until it would outlive a power cut.

        Raises:
            ResourceError: the disk is full or worse.  The files end with a whole line, and what
                could not be written is kept for the next call.
        """
        self._files["events"].append(events.encode(self._events))
        self._events.clear()
        head, lines = chain.encode(self._head, self._chain)
        self._files["chain"].append(lines)
        self._head = head
        self._chain.clear()
        self._files["system"].append("".join(self._system).encode())
        self._system.clear()
        if sync:
            for file in self._files.values():
                file.sync()
        self._due = time.monotonic() + FLUSH_SECONDS

    def marks(self) -> dict[str, int | str]:
        """Return where the record stands, all of it on disk; a checkpoint keeps this.

        Raises:
            ResourceError: see `flush`.
        """
        self.flush(sync=True)
        return {name: file.size for name, file in self._files.items()} | {"head": self._head.hex()}

    def rewind(self, marks: Mapping[str, int | str]) -> None:
        """Forget all that was written after `marks` were taken: the run goes on from there.

        Raises:
            CheckpointError: the record does not reach to the marks, or is another (CKP-010).
        """
        sizes = {name: int(marks[name]) for name in self._files}
        self._head = self._head_at(sizes, str(marks["head"]))
        for waiting in (self._events, self._chain, self._system):
            waiting.clear()
        tails = {name: file.cut(sizes[name]) for name, file in self._files.items()}
        self._remove_arrays(tails["events"])

    def finish(self, status: Status, facts: Mapping[str, Any]) -> None:
        """Write down how the run ended, seal it where it finished, and let go of it.

        Raises:
            ResourceError: the disk is full or worse; the lock is free all the same.
        """
        try:
            self.flush(sync=True)
            before = self._info["seconds"] or 0.0
            spent = {"seconds": round(before + time.monotonic() - self._opened, 3)}
            ended = {"ended": datetime.now(UTC).isoformat(timespec="seconds")}
            info = self._info | spent | ended | dict(facts) | {"status": status}
            if status == "finished":
                write_result(self.folder, info)
                write_seal(self.folder)
            write_info(self.folder, info)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the files and of the lock; to call it twice is no harm."""
        for file in (*self._files.values(), self._log):
            file.close()
        self._lock.release()

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _head_at(self, sizes: Mapping[str, int], head: str) -> bytes:
        """Return the head of the chain where the files had `sizes`; it must be `head`."""
        for name, file in self._files.items():
            if sizes[name] and file.read(sizes[name] - 1, sizes[name]) != b"\n":
                raise _other_record(file.path)
        end = self._files["chain"].read(max(0, sizes["chain"] - LAST_LINES), sizes["chain"])
        found = chain.last_head(end)
        if found is None or found.hex() != head:
            raise _other_record(self._files["chain"].path)
        return found

    def _remove_arrays(self, lines: bytes) -> None:
        for line in lines.splitlines():
            event = events.parse(line)
            if event and event.array:
                (self.folder / event.array).unlink(missing_ok=True)


def _array_place(split: str, metric: str, epoch: int) -> str:
    place = f"arrays/{split}-{metric}-{epoch:04d}.npz"
    if not events.ARRAY_PATH.fullmatch(place):
        raise ConfigError(
            f"the measurement {split}/{metric} cannot be the name of a file",
            expected="letters, digits, dots, hyphens and underscores",
            remedy="rename the metric in the task",
            code="CFG-020",
        )
    return place


def _other_record(path: Path) -> CheckpointError:
    return CheckpointError(
        f"{path}: it is not the file that the checkpoint was saved beside",
        expected="a record that only grew since the checkpoint",
        remedy="take an earlier checkpoint, or a copy of the run that is whole",
        code="CKP-010",
    )
