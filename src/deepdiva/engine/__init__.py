"""The loop that every task shares; it knows none of them by name."""

from deepdiva.engine.determinism import choose_device, device_of, enforce, notices
from deepdiva.engine.learner import Learner, Plan
from deepdiva.engine.loop import Loop
from deepdiva.engine.machine import Machine
from deepdiva.engine.measure import Pace
from deepdiva.engine.optimizer import Optimizer
from deepdiva.engine.portable import refuse_operations, refuse_settings
from deepdiva.engine.progress import Progress, Silence
from deepdiva.engine.schedule import Schedule
from deepdiva.engine.signals import StopSignal
from deepdiva.engine.task import Goal, StepOutput, Task, TaskPage
from deepdiva.engine.weights import on_cpu, weights_digest

__all__ = [
    "Goal",
    "Learner",
    "Loop",
    "Machine",
    "Optimizer",
    "Pace",
    "Plan",
    "Progress",
    "Schedule",
    "Silence",
    "StepOutput",
    "StopSignal",
    "Task",
    "TaskPage",
    "choose_device",
    "device_of",
    "enforce",
    "notices",
    "on_cpu",
    "refuse_operations",
    "refuse_settings",
    "weights_digest",
]
