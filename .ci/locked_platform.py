"""Exit with 0 on the platform that requirements.lock was made for, with 1 elsewhere."""

import platform
import sys

here = (platform.python_implementation(), sys.version_info[:2], platform.system(), platform.machine())
sys.exit(here != ("CPython", (3, 11), "Linux", "x86_64"))
