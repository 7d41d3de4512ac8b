# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""System calls of a daemon that fail, or take long, through strace."""
import shutil
import subprocess

import pytest


def strace(output, calls, *words):
    """The words before a daemon's own, for strace: it traces `calls` into the file `output`."""
    works = shutil.which("strace") and subprocess.run(
        ["strace", "-D", "-f", "-o", "/dev/null", "true"], capture_output=True,
        check=False).returncode == 0
    if not works:
        pytest.skip("strace is not there or may not trace here")
    # Where leaks are looked for, they cannot be while somebody traces.
    return ["strace", "-D", "-f", "-o", str(output), "-E", "LSAN_OPTIONS=detect_leaks=0",
            "-e", f"trace={calls}", *words]
