"""`python -m app.demo`: what `make demo` runs, that is `safelight demo --main-job`."""

from __future__ import annotations

import sys

from app.cli.main import main

main(["demo", "--main-job", *sys.argv[1:]])
