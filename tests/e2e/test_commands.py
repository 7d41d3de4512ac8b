# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Commands that cannot be started, and commands that cannot be ended."""
import contextlib
import ctypes
import os
import pathlib
import pwd
import resource
import shutil
import subprocess
import tempfile

import grpc
import pytest

from calls import call, eventually, listed, pb, refused, rolling
from conftest import SLUICED, Daemon, Fleet
from security import is_root


@pytest.fixture
def everybodys_place():
    """A directory that every user reaches."""
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        yield pathlib.Path(place)


@pytest.fixture
def unprivileged(everybodys_place):
    """A daemon that limits of processes bind, which they do not for root, and its three targets."""
    fleet = Fleet(everybodys_place / "fleet", 3)
    directory = everybodys_place / "d"
    directory.mkdir()
    daemon = Daemon(directory, "services:\n" + fleet.service(asked=True))
    # A thread that cannot be started costs gRPC 40 bytes. In other tests nothing may leak.
    known_leaks = everybodys_place / "known_leaks"
    known_leaks.write_text("leak:gpr_malloc\n")
    daemon.env["LSAN_OPTIONS"] = f"suppressions={known_leaks}"
    daemon.as_user = ()
    if is_root():
        nobody = pwd.getpwnam("nobody")
        daemon.command[0] = shutil.copy(SLUICED, everybodys_place)
        for path in everybodys_place.rglob("*"):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        daemon.as_user = ("setpriv", "--reuid=nobody", f"--regid={nobody.pw_gid}", "--clear-groups")
    daemon.start(prefix=daemon.as_user)
    yield daemon, fleet
    assert daemon.process.poll() is None
    daemon.disconnect()
    assert daemon.stop() == 0, daemon.log()[-3000:]


def limit_processes(daemon, soft):
    """The kernel counts all processes and threads of the user."""
    subprocess.run([*daemon.as_user, "prlimit", "--pid", str(daemon.process.pid),
                    f"--nproc={soft}:"], check=True)


def deploy(daemon, version, at_once=3):
    return call(daemon, "Deploy", service="web", version=version, strategy=rolling(at_once)).id


def test_t29_without_processes_the_step_fails_and_the_daemon_lives(unprivileged):
    daemon, fleet = unprivileged
    daemon.await_status(deploy(daemon, "v2"), "COMPLETED")
    before = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    limit_processes(daemon, 1)
    state = daemon.await_status(deploy(daemon, "v3"), "FAILED", "ROLLED_BACK")
    assert "deploy.sh\": Resource temporarily unavailable" in state.message
    assert "Resource temporarily unavailable" in state.targets[0].error
    assert set(fleet.versions().values()) == {"v2"}
    limit_processes(daemon, before)
    daemon.await_status(deploy(daemon, "v4"), "COMPLETED")
    assert set(fleet.versions().values()) == {"v4"}


def test_t29_without_threads_a_deployment_is_refused_and_leaves_nothing(unprivileged):
    daemon, fleet = unprivileged
    before = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    limit_processes(daemon, 1)
    with refused(grpc.StatusCode.RESOURCE_EXHAUSTED) as error:
        deploy(daemon, "v2")
    assert "no thread can be started" in error.value.details()
    assert not listed(daemon)
    limit_processes(daemon, before)
    daemon.await_status(deploy(daemon, "v2"), "COMPLETED")
    assert set(fleet.versions().values()) == {"v2"}


def test_more_targets_at_once_than_descriptors_take_their_turns(start_daemon, make_fleet):
    fleet = make_fleet(100)
    daemon = start_daemon("services:\n" + fleet.service(), preexec=lambda: resource.setrlimit(
        resource.RLIMIT_NOFILE, (200, 200)))
    assert "event=target_calls_limited" in daemon.log()
    daemon.await_status(deploy(daemon, "v2", 100), "COMPLETED")
    assert set(fleet.versions().values()) == {"v2"}


# --- T25.

SEIZE, DETACH, STOP_AT_EXIT = 0x4206, 17, 0x40


@contextlib.contextmanager
def unkillable(pid):
    """A traced process stops at its end until its tracer lets it go; no signal helps, as in a hung
    disk."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if libc.ptrace(SEIZE, pid, None, STOP_AT_EXIT) != 0:
        pytest.skip("nothing may be traced here: " + os.strerror(ctypes.get_errno()))
    try:
        yield
    finally:
        libc.ptrace(DETACH, pid, None, None)


def command_of(daemon):
    """The process id of the deploy command that runs."""
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = path.joinpath("stat").read_text().rsplit(")", 1)[1].split()[1]
            is_deploy = b"deploy.sh" in path.joinpath("cmdline").read_bytes()
            if int(parent) == daemon.process.pid and is_deploy:
                return int(path.name)
    raise AssertionError("no command runs")


def is_there(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "t"


@pytest.mark.parametrize("how", ["timeout", "abort", "drain"])
def test_t25_a_command_that_survives_sigkill_frees_its_place(start_daemon, make_fleet, how):
    web, other = make_fleet(1), make_fleet(1)
    web.hang("t1")
    timeout = "kill_grace: 100ms\n          timeout: 1s" if how == "timeout" else "kill_grace: 1s"
    # One place for calls to targets, so that the next call needs that very one.
    daemon = start_daemon("limits: {max_target_calls: 1}\ndrain_grace: 2s\nservices:\n" +
                          web.service("web", "    on_failure: {policy: FAILURE_POLICY_STOP}\n")
                          .replace("kill_grace: 1s", timeout) + other.service("other"))
    state = call(daemon, "Deploy", service="web", version="v2", strategy=rolling())
    eventually(lambda: web.calls("hang"))
    pid = command_of(daemon)
    with unkillable(pid):
        if how == "drain":
            assert daemon.stop() == 0, daemon.log()[-3000:]
            assert is_there(pid)
            return
        if how == "abort":
            call(daemon, "Abort", deployment_id=state.id)
        state = daemon.await_status(state.id, "FAILED")
        assert is_there(pid)
        assert "survives SIGKILL" in state.targets[0].error
        # Nobody knows whether it has done its work or will.
        assert fleet_word(state) in ("MIXED", "UNKNOWN")
        after = call(daemon, "Deploy", service="other", version="v2", strategy=rolling())
        daemon.await_status(after.id, "COMPLETED")
        assert other.versions() == {"t1": "v2"}
        # The service is free too.
        web.directory.joinpath("hang.d", "t1").unlink()
        again = call(daemon, "Deploy", service="web", version="v3", strategy=rolling())
        daemon.await_status(again.id, "COMPLETED")
        assert is_there(pid)


def fleet_word(state):
    name = pb()[0].FleetConsistency.Name(state.fleet.consistency)
    return name[len("FLEET_CONSISTENCY_"):]
