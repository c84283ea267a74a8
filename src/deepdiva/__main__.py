"""`python -m deepdiva` is the command."""

import sys

from deepdiva.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
