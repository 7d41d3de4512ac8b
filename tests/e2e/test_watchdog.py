# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""What systemd is told: that the daemon serves, what it does, that it lives, and that it ends."""
import socket

import grpc
import pytest

from access_world import tls_config
from calls import await_log, call, pb, strategy
from failpoints import VARIABLE, need_failpoints
from security import make_certificates, stub_at, tls_credentials


def test_systemd_is_told(start_daemon, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        daemon = start_daemon(env={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        ready = systemd.recv(4096).decode().splitlines()
        assert ready[0] == "READY=1"
        assert ready[1].startswith(f"STATUS=serving on unix:{daemon.socket}")
        assert ready[1].endswith("; 0 deployments active")
        ready_line = ready[1] + "\n"
        gate = strategy("CanaryStrategy", manual_promotion=True)
        state = call(daemon, "Deploy", service="web", version="v2", strategy=gate)
        assert systemd.recv(4096).decode() == ready_line.replace("0 deployments", "1 deployment")
        call(daemon, "Abort", deployment_id=state.id)
        assert systemd.recv(4096).decode() == ready_line
        assert daemon.stop() == 0
        stopping = systemd.recv(4096).decode().splitlines()
        assert stopping[0] == "STOPPING=1"
        assert stopping[1].startswith("STATUS=")


def test_systemd_hears_that_the_daemon_lives(start_daemon, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(20)
        daemon = start_daemon(env={"NOTIFY_SOCKET": str(tmp_path / "notify"),
                                   "WATCHDOG_USEC": "600000"}, extra=("--data-dir", str(tmp_path / "data")))
        heard = [systemd.recv(4096) for _ in range(4)]
        assert heard[0].startswith(b"READY=1") and heard[1:] == [b"WATCHDOG=1\n"] * 3
        # It asks over one connection, and is not what it asks for.
        assert "event=not_alive" not in daemon.log()


# Takes the place of --socket PATH.
WITHOUT_SOCKET = ("bash", "-c", 'exec "$1" --socket none "${@:4}"', "-")


def test_the_watchdog_needs_no_address_without_tls(tmp_path, start_daemon):
    certificates = make_certificates(tmp_path / "certs")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(20)
        daemon = start_daemon(
            tls_config(certificates, []), prefix=WITHOUT_SOCKET,
            env={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"})
        heard = [systemd.recv(4096) for _ in range(4)]
        assert "unix:" not in daemon.log()
        assert heard[0].startswith(b"READY=1") and heard[1:] == [b"WATCHDOG=1\n"] * 3
        assert daemon.stop() == 0


def await_silence(systemd):
    systemd.settimeout(1)
    with pytest.raises(TimeoutError):
        # What was said before it hung.
        for _ in range(50):
            systemd.recv(4096)


def test_a_daemon_that_accepts_nobody_is_not_called_alive(tmp_path, start_daemon):
    """It answers who is connected, and nobody new."""
    need_failpoints()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(20)
        daemon = start_daemon(env={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000",
                                   VARIABLE: "accept.before_hand_over=sleep(10m)"})
        assert systemd.recv(4096).startswith(b"READY=1")
        assert systemd.recv(4096) == b"WATCHDOG=1\n"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(daemon.socket))
            await_log(daemon, "event=not_alive")
            assert "accepts connections does not go on" in daemon.log()
        await_silence(systemd)
        assert daemon.process.poll() is None
        daemon.kill()


@pytest.mark.parametrize("speaks_tls", [False, True])
def test_a_daemon_that_answers_nobody_is_not_called_alive(tmp_path, start_daemon, speaks_tls):
    """Every thread that answers calls hangs; the process as such does not."""
    need_failpoints()
    prefix, config = (), None
    if speaks_tls:
        certificates = make_certificates(tmp_path / "certs")
        anybody = "{anybody: true, role: viewer, services: ['*']}"
        prefix, config = WITHOUT_SOCKET, tls_config(certificates, [anybody], client_ca=None)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(20)
        daemon = start_daemon(config, prefix=prefix, env={
            "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000",
            VARIABLE: "call.before_gate=sleep(10m)"})
        assert systemd.recv(4096).startswith(b"READY=1")
        assert systemd.recv(4096) == b"WATCHDOG=1\n"
        address = daemon.log().split('listen="')[1].split('"')[0].split(" and ")[-1]
        credentials = tls_credentials(certificates, client=False) if speaks_tls else None
        with stub_at(address, credentials) as stub:
            hanging = [stub.ListServices.future(pb()[1].ListServicesRequest()) for _ in range(64)]
            await_log(daemon, "event=not_alive")
            await_silence(systemd)
            assert daemon.process.poll() is None
            daemon.kill()
            assert all(future.code() != grpc.StatusCode.OK for future in hanging)


def test_a_watchdog_of_another_process_is_not_fed(start_daemon, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        start_daemon(env={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "60000",
                          "WATCHDOG_PID": "1"})
        systemd.settimeout(1)
        assert systemd.recv(4096).startswith(b"READY=1")
        with pytest.raises(TimeoutError):
            systemd.recv(4096)
