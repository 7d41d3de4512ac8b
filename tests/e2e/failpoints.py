# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Failpoints of the daemon, for the tests that let it die or fail at a named place."""
import os
import signal
import subprocess

import grpc
import pytest

from conftest import SLUICED

VARIABLE = "SLUICE_FAILPOINTS"
# The writes by which a start allocates the journal's log, before it commits anything.
ALLOCATION = 41
# How calls end whose daemon dies.
GONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)
# At each place of a commit, and before its answer.
JOURNAL = ["journal.before_commit", "journal.before_write", "journal.mid_write",
           "journal.after_write", "journal.after_sync", "journal.before_reply"]


def run_with(specification, *arguments):
    return subprocess.run([str(SLUICED), *map(str, arguments)], capture_output=True, text=True,
                          timeout=20, check=False, env={**os.environ, VARIABLE: specification})


def need_failpoints():
    """Skips where sluiced was built without them, as a release is."""
    if "built without failpoints" in run_with("journal.before_reply=crash", "--check").stderr:
        pytest.skip("sluiced was built without failpoints (CMake: SLUICE_FAILPOINTS)")


def arm(daemon, *points):
    """For the next start; none disarms all."""
    daemon.env[VARIABLE] = ",".join(points)


def await_crash(daemon, seconds=60):
    """Blocks until a failpoint has killed the daemon."""
    assert daemon.process.wait(timeout=seconds) == -signal.SIGKILL, daemon.log()


def restart(daemon):
    """Starts it anew without failpoints."""
    arm(daemon)
    daemon.start()
