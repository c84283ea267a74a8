"""Level portable: equal bits on every processor with AVX2 and FMA, and a refusal of all that has not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.engine.portable_program import Config
from tests.engine.tiny import MOMENTUM, TinyTask
from torch import Tensor, nn
from torch.nn import functional as F

import deepdiva
from deepdiva.engine import (
    Learner,
    Machine,
    Optimizer,
    Plan,
    Schedule,
    device_of,
    enforce,
    notices,
    on_cpu,
    refuse_operations,
    refuse_settings,
    weights_digest,
)
from deepdiva.engine.canary import PORTABLE, canary_digest
from deepdiva.engine.portable import UNPORTABLE
from deepdiva.errors import LevelRefused
from deepdiva.models import BUILDERS
from deepdiva.provenance.levels import required_variables
from deepdiva.randomness import SeedPlan
from deepdiva.tasks import catalog

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("portable_program.py")
GOLDEN = json.loads(PROGRAM.with_name("portable_golden.json").read_text())
EMULATOR = shutil.which("qemu-x86_64")
CPU = torch.device("cpu")
PORTABLE_MACHINE = Machine(determinism="portable", device="cpu")

Step = Callable[[Tensor], Tensor]


# -- Equal bits ----------------------------------------------------------------------


def train_catalog(*before: str, **variables: str) -> Any:
    """Train all models of the catalog in a process of their own, as the level sets its environment."""
    environment = os.environ | required_variables("portable", 1) | variables
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(Path(deepdiva.__file__).resolve().parents[1]), str(ROOT)]
    )
    words = [*before, sys.executable, str(PROGRAM), *BUILDERS]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=1500)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def native() -> Any:
    """Return what training gives on this processor."""
    return train_catalog()


def test_golden_digests(native: Any) -> None:
    """On this processor the models train to the digests that were found on others."""
    if native["torch"] not in GOLDEN:
        pytest.skip(f"the digests are of torch {', '.join(GOLDEN)}")

    golden = GOLDEN[native["torch"]]
    assert {name: native["digests"].get(name) for name in golden} == golden


def test_every_model_and_optimizer_is_trained(native: Any) -> None:
    """A model that joins the catalog is compared without a change here."""
    assert set(native["digests"]) == {f"{name}, {way}" for name in BUILDERS for way in ("SGD", "fused AdamW")}


def test_known_build_has_the_canary_of_the_table(native: Any) -> None:
    """The canary of this processor is the one the package was shipped with."""
    if native["torch"] not in PORTABLE:
        pytest.skip(f"the table holds torch {', '.join(PORTABLE)}")

    assert native["canary"] == PORTABLE[native["torch"]]


@pytest.fixture(scope="module")
def emulated() -> Any:
    """Return what training gives on Intel's first processor with AVX2 and FMA, emulated."""
    if EMULATOR is None:
        pytest.skip("needs qemu-x86_64, of the package qemu-user")
    return train_catalog(EMULATOR, "-cpu", "Haswell")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_another_processor_gives_the_same_bits(native: Any, emulated: Any) -> None:
    """Losses, gradient norms, weights and logits of every model, and the canary, are equal."""
    assert emulated["digests"] == native["digests"]
    assert emulated["canary"] == native["canary"]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_only_operations_that_the_guard_knows_differ(native: Any, emulated: Any) -> None:
    """Every operation that has other bits on another processor is refused; the root is one of them."""
    ours, theirs = native["operations"], emulated["operations"]
    differing = {name for name in ours if ours[name] != theirs[name]}

    assert differing <= set(UNPORTABLE)
    assert "sqrt" in differing


def test_canary_without_the_variables_tells_another_branch_of_mkl() -> None:
    """The canary sees when a variable of the level is not in force."""
    program = """
import torch
from deepdiva.engine.canary import canary_digest
print(canary_digest(torch.device("cpu"), portable=True))
"""
    digests = set()
    for branch in ("COMPATIBLE", "AUTO"):
        environment = os.environ | required_variables("portable", 1) | {"MKL_CBWR": branch}
        words = [sys.executable, "-c", program]
        digests.add(subprocess.run(words, env=environment, capture_output=True, check=True).stdout)

    assert len(digests) == 2


def test_portable_canary_leaves_the_square_root_out() -> None:
    """It is another digest than that of the levels below, which keep the root."""
    assert canary_digest(CPU, portable=True) != canary_digest(CPU)


def test_double_root_rounds_to_the_exact_one() -> None:
    """The remedy of the guard, `x.double().sqrt().float()`, is the correctly rounded root (IEEE 754)."""
    import numpy as np

    values = torch.arange(1, 2**24, 997, dtype=torch.int32).float() / 4096

    assert torch.equal(values.double().sqrt().float(), torch.from_numpy(np.sqrt(values.numpy())))


# -- Settings ------------------------------------------------------------------------


def refused(machine: Machine, optimizer: Optimizer = MOMENTUM) -> str:
    """Return why the settings are refused; nothing where they are not."""
    try:
        refuse_settings(machine, Config("small-convnet", optimizer))
    except LevelRefused as error:
        return str(error)
    return ""


def test_all_violations_are_told_at_once() -> None:
    """One message lists every setting that the level cannot have, each with its remedy."""
    machine = Machine(
        determinism="portable", threads=2, compile=True, precision="bfloat16", device="cuda", workers=2
    )
    message = refused(machine, Optimizer(optimizer="Adam"))

    assert message.startswith("ENV-002")
    for told in (
        "--threads 2: give --threads 1",
        "--compile: leave it out",
        "--precision bfloat16: give --precision float32",
        "--device cuda: give --device cpu",
        "--optimizer Adam asks for sqrt: give --optimizer-arguments fused=true",
    ):
        assert told in message
    assert "workers" not in message


@pytest.mark.parametrize("level", ["off", "seeded", "strict"])
def test_other_levels_are_free(level: Any) -> None:
    """What portable cannot have, the levels below can."""
    machine = Machine(determinism=level, threads=2, compile=True, precision="bfloat16")

    assert refused(machine, Optimizer(optimizer="Adam")) == ""


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("SGD", ()),
        ("SGD", ("momentum=0.9", "nesterov=true", "weight_decay=5e-4")),
        ("SGD", ("fused=true",)),
        ("Adam", ("fused=true",)),
        ("Adam", ("fused=true", "amsgrad=true")),
        ("AdamW", ("fused=true",)),
        ("Adagrad", ("fused=true",)),
        ("Adamax", ()),
        ("Rprop", ()),
        ("LBFGS", ()),
    ],
)
def test_portable_optimizers_pass(name: str, arguments: tuple[str, ...]) -> None:
    """SGD, and whatever takes its root in a fused kernel or takes none."""
    assert refused(PORTABLE_MACHINE, Optimizer(optimizer=name, optimizer_arguments=arguments)) == ""


@pytest.mark.parametrize("name", ["Adam", "AdamW", "Adagrad"])
@pytest.mark.parametrize("arguments", [(), ("foreach=true",)])
def test_plain_and_foreach_optimizers_name_the_fused_one(name: str, arguments: tuple[str, ...]) -> None:
    """Where torch has a fused kernel, the remedy is to ask for it."""
    message = refused(PORTABLE_MACHINE, Optimizer(optimizer=name, optimizer_arguments=arguments))

    assert "fused=true" in message


@pytest.mark.parametrize("name", ["RMSprop", "NAdam", "RAdam", "Adadelta"])
def test_optimizers_without_a_fused_kernel_name_others(name: str) -> None:
    """Where torch has none, the remedy is another optimizer; RAdam takes its first root at step six."""
    assert "take --optimizer SGD, or Adam" in refused(PORTABLE_MACHINE, Optimizer(optimizer=name))


@pytest.mark.parametrize("name", catalog.MODULES)
def test_the_default_optimizer_of_every_task_passes(name: str) -> None:
    """A task that joins the catalog is looked at without a change here."""
    refuse_settings(PORTABLE_MACHINE, catalog.find(name).config())


def test_auto_is_the_cpu() -> None:
    """A GPU is not taken for being there."""
    assert device_of(Machine(determinism="portable")) == CPU


# -- The arithmetic in force ---------------------------------------------------------


@pytest.fixture
def switches() -> Iterator[None]:
    """Put back what `enforce` sets."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(False)


@pytest.fixture
def avx2(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let torch say that it computes with AVX2, whatever this processor has."""
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX2")


@pytest.mark.usefixtures("switches", "avx2")
def test_another_canary_than_that_of_the_table_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same build of torch with other bits is not what was compared."""
    monkeypatch.setitem(PORTABLE, torch.__version__, "0" * 64)

    with pytest.raises(LevelRefused, match=r"ENV-002(.|\n)*the canary is"):
        enforce(PORTABLE_MACHINE, 1, CPU)


@pytest.mark.usefixtures("switches", "avx2")
def test_an_unknown_build_is_mentioned_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was never compared is no reason to refuse, but the user is told."""
    monkeypatch.delitem(PORTABLE, torch.__version__, raising=False)
    found = enforce(PORTABLE_MACHINE, 1, CPU)

    assert found.threads == 1
    assert torch.__version__ in notices(found)[0]


@pytest.mark.usefixtures("switches")
def test_other_kernels_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that came too late show in what torch says of itself."""
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")

    with pytest.raises(LevelRefused, match="kernels for AVX512: set ATEN_CPU_CAPABILITY=avx2"):
        enforce(PORTABLE_MACHINE, 1, CPU)


# -- Operations ----------------------------------------------------------------------


class Does(nn.Module):
    """Does one thing in the middle of the model."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step
        self.weight = nn.Parameter(torch.full((2, 3), 0.1))

    def forward(self, points: Tensor) -> Tensor:
        return self.step(points @ self.weight)


class TaskThatDoes(TinyTask):
    """The task of a moment with a model of one's own."""

    def __init__(self, model: Callable[[], nn.Module], optimizer: Optimizer = MOMENTUM) -> None:
        super().__init__(optimizer)
        self.model = model

    def build_model(self) -> nn.Module:
        return self.model()


def rehearsed(model: Callable[[], nn.Module], optimizer: Optimizer = MOMENTUM) -> str:
    """Return what the guard says to a step with `model`; nothing if it lets it pass."""
    plan = Plan(Schedule(batch_size=5), PORTABLE_MACHINE, SeedPlan(1), CPU)
    try:
        refuse_operations(TaskThatDoes(model, optimizer), plan)
    except LevelRefused as error:
        return str(error)
    return ""


def roots_of_distances(x: Tensor) -> Tensor:
    return x + torch.cdist(x, x.detach() + 1).mean()


class Recurrent(nn.Module):
    """Reads a point as a sequence."""

    def __init__(self, onednn: bool) -> None:
        super().__init__()
        self.onednn = onednn
        self.reader = nn.LSTM(1, 3, batch_first=True)

    def forward(self, points: Tensor) -> Tensor:
        before = torch.backends.mkldnn.set_flags(self.onednn)
        states: Tensor = self.reader(points[:, :, None])[0]
        torch.backends.mkldnn.set_flags(before[0])
        return states[:, -1]


@pytest.mark.parametrize(
    ("operation", "step"),
    [
        ("sqrt", lambda x: (x.abs() + 1).sqrt()),
        ("sqrt", lambda x: (x.abs() + 1).sqrt_()),
        ("pow 0.5", lambda x: (x.abs() + 1) ** 0.5),
        ("acos", lambda x: torch.acos(x.tanh())),
        ("asin", lambda x: torch.arcsin(x.tanh())),
        ("atan", torch.atan),
        ("tan", torch.tan),
        ("log10", lambda x: (x.abs() + 1).log10()),
        ("_cdist_forward", roots_of_distances),
    ],
)
def test_operations_are_named_with_their_module(operation: str, step: Step) -> None:
    """Each operation that is not portable is refused, with the place in the model and the remedy."""
    message = rehearsed(lambda: nn.Sequential(nn.Identity(), Does(step)))

    assert message.startswith("ENV-002")
    assert f"    {operation} of float32 in Sequential.1 (forward" in message
    assert "donot_use_mm" in message if operation == "_cdist_forward" else ".double()" in message


def test_backward_is_watched_too() -> None:
    """An operation that only the gradient asks for is refused: the slope of x to the power 1.5 is a root."""
    assert "pow 0.5 of float32 in Does (backward)" in rehearsed(lambda: Does(lambda x: (x.abs() + 1) ** 1.5))


def test_own_optimizer_is_watched() -> None:
    """A task that builds its optimizer without our settings does not get around the guard."""

    class Own(TaskThatDoes):
        def build_optimizer(self, model: nn.Module) -> torch.optim.Optimizer:
            return torch.optim.Adam(model.parameters())

    plan = Plan(Schedule(batch_size=5), PORTABLE_MACHINE, SeedPlan(1), CPU)
    with pytest.raises(LevelRefused, match="sqrt of float32 in the optimizer Adam"):
        refuse_operations(Own(lambda: nn.Linear(2, 3)), plan)


@pytest.mark.parametrize(
    "step",
    [
        lambda x: (x.abs() + 1).double().sqrt().float(),
        lambda x: (x.abs() + 1).rsqrt(),
        lambda x: (x.abs() + 1) ** 1.7,
        lambda x: x / x.norm(dim=1, keepdim=True),
        lambda x: F.layer_norm(x, (3,)),
        lambda x: F.gelu(x).exp().log_softmax(1),
    ],
)
def test_portable_operations_pass(step: Step) -> None:
    """Roots inside of norms and normalizations are taken by other kernels, whose bits are equal."""
    assert rehearsed(lambda: Does(step)) == ""


def test_recurrent_kernels_of_onednn_are_refused() -> None:
    """Recurrent nets pass where oneDNN is kept out."""
    assert "mkldnn_rnn_layer of float32 in Recurrent" in rehearsed(lambda: Recurrent(onednn=True))
    assert rehearsed(lambda: Recurrent(onednn=False)) == ""


def test_weights_of_another_type_are_refused() -> None:
    """In float64 other operations part, so float32 is the one type that the level knows."""
    assert "torch.float64" in rehearsed(lambda: nn.Linear(2, 3).double())


def test_rehearsal_leaves_no_trace() -> None:
    """A learner made after the rehearsal is the one that would have been made without it."""
    plan = Plan(Schedule(batch_size=10), PORTABLE_MACHINE, SeedPlan(1), CPU)
    task = TinyTask(MOMENTUM)
    without = weights_digest(on_cpu(Learner(task, plan).model)), torch.get_rng_state()
    refuse_operations(task, plan)
    after = weights_digest(on_cpu(Learner(task, plan).model)), torch.get_rng_state()

    assert after[0] == without[0]
    assert torch.equal(after[1], without[1])


def test_batches_of_one_are_left_to_the_loop() -> None:
    """The rehearsal takes two samples at least, so that normalization does not fail before its turn."""
    plan = Plan(Schedule(batch_size=1), PORTABLE_MACHINE, SeedPlan(1), CPU)

    refuse_operations(TinyTask(MOMENTUM), plan)
