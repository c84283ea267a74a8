"""Begin to notice what training code reads; see `audit` and `lookups` for how."""

from __future__ import annotations

import os
import sys
import time

from deepdiva.provenance.audit import on_event
from deepdiva.provenance.lookups import Environment
from deepdiva.provenance.reads import NOTEBOOK


def listen() -> None:
    """Notice from now on, for as long as the process lives; to call it again is no harm.

    An audit hook can never be taken back, so there is one for the process.
    """
    if is_listening():
        return
    NOTEBOOK.began = time.time_ns()
    sys.addaudithook(on_event)
    for environment in filter(None, (os.environ, getattr(os, "environb", None))):
        environment.__class__ = Environment


def is_listening() -> bool:
    """Tell whether this process notices."""
    return isinstance(os.environ, Environment)
