# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The daemon as its operator sees it: its sockets, and what the command line says."""
import os
import pathlib
import shutil
import socket
import stat
import subprocess
import tempfile
import time

import grpc
import pytest

from calls import call, check_health, eventually, listed, pb, run_sluiced, strategy
from conftest import SLUICE, SLUICED, Daemon
from security import is_root

CURRENT_UMASK = os.umask(0o022)
os.umask(CURRENT_UMASK)


@pytest.mark.parametrize("arguments", [("completion", "bash"), ("services", "-o", "json"), ("--version",)])
def test_lost_output_is_an_error(start_daemon, arguments):
    daemon = start_daemon()
    with open("/dev/full", "w", encoding="utf-8") as full:
        ended = subprocess.run([str(SLUICE), "--address", f"unix:{daemon.socket}", *arguments],
                               stdout=full, stderr=subprocess.PIPE, text=True, timeout=20,
                               check=False)
    assert ended.returncode == 1
    assert "cannot write the output" in ended.stderr


@pytest.mark.parametrize("redirection, code, words", [
    ("-f - <&-", 2, "sluice: -f: standard input is closed\n"),
    ("-f - <&- 2>&-", 2, ""),
    ("web v2 >&-", 1, "sluice: standard output is closed\n"),
    ("web v2 <&- >&-", 1, "sluice: standard output is closed\n"),
    ("web v2 <&- 2>&-", 7, "")])
def test_nothing_takes_the_place_of_a_closed_standard_descriptor(redirection, code, words):
    ended = subprocess.run(f"{SLUICE} --address unix:/nowhere deploy {redirection}", shell=True,
                           capture_output=True, text=True, timeout=20, check=False)
    assert (ended.returncode, ended.stderr) == (code, words)


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_the_daemon_opens_nothing_in_the_place_of_a_closed_standard_descriptor(tmp_path, closed):
    daemon = Daemon(tmp_path, durable=True)
    daemon.process = subprocess.Popen(daemon.command, preexec_fn=lambda: os.close(closed))
    try:
        daemon.connect()
        grpc.channel_ready_future(daemon.channel).result(timeout=20)
        assert os.readlink(f"/proc/{daemon.process.pid}/fd/{closed}") == "/dev/null"
    finally:
        daemon.stop()


def test_a_request_comes_through_a_standard_input_that_does_not_block(start_daemon):
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    deploy = subprocess.Popen([str(SLUICE), "--address", f"unix:{start_daemon().socket}", "deploy", "-f", "-"],
                              stdin=reader, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    os.close(reader)
    time.sleep(0.3)  # It finds nothing at first.
    with os.fdopen(writer, "w") as request:
        request.write("service: web\nversion: v2\nstrategy: {feature_flag_strategy: {}}\n")
    _, error = deploy.communicate(timeout=20)
    assert deploy.returncode == 0, error


def test_a_watch_whose_reader_has_gone_ends(start_daemon):
    daemon = start_daemon()
    ended = subprocess.run(f"{SLUICE} --address unix:{daemon.socket} watch | true", shell=True,
                           timeout=20, check=False)
    assert ended.returncode == 0


def test_an_argument_that_is_not_utf8_is_named(start_daemon):
    ended = start_daemon().cli("deploy", "web", b"v\xff")
    assert ended.returncode == 2
    assert "argument 5 is not valid UTF-8" in ended.stderr


@pytest.mark.skipif(not is_root(), reason="only root can act as somebody else")
def test_the_command_line_tells_who_may_use_a_socket_of_others(start_daemon):
    daemon = start_daemon()
    # A place that everybody reaches, unlike pytest's directories and perhaps the build's.
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        sluice, path = shutil.copy(SLUICE, place), pathlib.Path(place, "s.sock")
        os.link(daemon.socket, path)

        def as_nobody():
            return subprocess.run([sluice, "--address", f"unix:{path}", "services"], user="nobody",
                                  group="nogroup", extra_groups=[], capture_output=True, text=True,
                                  timeout=20, check=False)

        shut_out = as_nobody()
        os.chmod(path, 0o666)
        assert as_nobody().returncode == 0
    assert shut_out.returncode == 7
    assert "Permission denied" in shut_out.stderr
    assert "be in the group (`sudo usermod -aG sluice" in shut_out.stderr
    assert "Is sluiced running" not in shut_out.stderr


def test_the_socket_is_for_its_owner_and_group(start_daemon):
    daemon = start_daemon()
    mode = daemon.socket.stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660


def in_new_run(options):
    """What to put before a command so that it finds /run empty, mounted with these options."""
    prefix = ["unshare", "--map-root-user", "--mount", "sh", "-c",
              f'mount -t tmpfs -o {options} tmpfs /run && exec "$@"', "sh"]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing may be mounted here")
    return prefix


def test_the_directory_of_the_default_socket_is_made():
    with subprocess.Popen([*in_new_run("mode=755"), str(SLUICED)], stderr=subprocess.PIPE,
                          text=True) as daemon:
        try:
            started = next(line for line in daemon.stderr if "event=" not in line or
                           "event=started" in line)
            assert 'listen="unix:/run/sluice/sluice.sock"' in started
            directory = pathlib.Path(f"/proc/{daemon.pid}/root/run/sluice")
            assert stat.S_IMODE(directory.stat().st_mode) == 0o750 & ~CURRENT_UMASK
            asked = subprocess.run([str(SLUICE), "--address", f"unix:{directory}/sluice.sock", "info"],
                                   capture_output=True, text=True, timeout=20, check=False)
            assert asked.returncode == 0, asked.stderr
        finally:
            daemon.terminate()
    assert daemon.returncode == 0


def test_where_the_directory_of_the_default_socket_cannot_be_made_it_says_what_to_do():
    result = subprocess.run([*in_new_run("ro"), str(SLUICED)], capture_output=True, text=True,
                            timeout=20, check=False)
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        "sluiced: cannot make /run/sluice, the directory of the default socket: Read-only file system; "
        "start sluiced by its systemd unit, which makes it, or choose another socket with --socket")


def test_the_directory_of_another_socket_is_not_made(tmp_path):
    result = run_sluiced("--socket", tmp_path / "typo" / "s.sock")
    assert result.returncode == 1
    assert "create the directory, or choose another socket with --socket" in result.stderr
    assert not (tmp_path / "typo").exists()


def test_a_second_daemon_on_the_socket_gives_up_and_harms_nothing(start_daemon):
    daemon = start_daemon()
    begin = time.monotonic()
    second = run_sluiced("--socket", daemon.socket)
    assert second.returncode == 1
    assert time.monotonic() - begin < 5
    assert f"another daemon (process {daemon.process.pid}) listens on" in second.stderr
    with grpc.insecure_channel(f"unix:{daemon.socket}") as fresh:
        from sluice.v1 import deployment_service_pb2_grpc
        stub = deployment_service_pb2_grpc.DeploymentServiceStub(fresh)
        stub.ListServices(pb()[1].ListServicesRequest(), timeout=5)


def test_t08_a_second_daemon_with_an_audit_trail_is_told_who_has_the_data(start_daemon, tmp_path):
    daemon = start_daemon(f"access: {{audit_file: {tmp_path}/audit.jsonl, grants: []}}\n",
                          durable=True)
    second = run_sluiced("--socket", tmp_path / "other.sock", "--config", daemon.config)
    assert second.returncode == 1
    assert f"is locked by process {daemon.process.pid};" in second.stderr


def test_a_daemon_that_cannot_listen_goes_on_with_nothing(start_daemon, make_fleet, tmp_path):
    fleet = make_fleet(2)
    fleet.slow(60, ["t1"])
    daemon = start_daemon("services:\n" + fleet.service(asked=True), durable=True)
    deployment = call(daemon, "Deploy", service="web", version="v2").id
    eventually(fleet.calls)
    daemon.kill()
    (fleet.directory / "slow.d" / "t1").unlink()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        for _ in range(3):
            second = run_sluiced("--socket", tmp_path / "other.sock", "--config", daemon.config,
                                 "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
            assert second.returncode == 1 and "is the address taken?" in second.stderr
            assert "event=deployment_resumed" not in second.stderr
    assert [row[1] for row in fleet.calls()] == ["t1"]
    daemon.start()
    daemon.await_status(deployment, "COMPLETED")


def test_a_second_daemon_on_the_port_gives_up(start_daemon, tmp_path):
    daemon = start_daemon()
    second = run_sluiced("--socket", tmp_path / "other.sock", "--listen", daemon.tcp_address())
    assert second.returncode == 1
    assert "is the address taken?" in second.stderr
    assert not listed(daemon)


@pytest.mark.parametrize("told", [False, True])
def test_the_daemon_says_whether_it_was_told_to_listen_insecurely(start_daemon, told):
    daemon = start_daemon(extra=("--insecure-listen",) if told else ())
    assert call(daemon, "GetServerInfo").insecure_listen == told
    assert ("where others reach it without TLS" in daemon.cli("info").stdout) == told


def test_the_socket_of_a_killed_daemon_is_taken_over(start_daemon):
    killed = start_daemon()
    killed.process.kill()
    killed.process.wait()
    assert killed.socket.exists()
    with subprocess.Popen([str(SLUICED), "--socket", str(killed.socket)],
                          stderr=subprocess.PIPE, text=True) as heir:
        try:
            assert "event=started" in heir.stderr.readline()
            with grpc.insecure_channel(f"unix:{killed.socket}") as fresh:
                grpc.channel_ready_future(fresh).result(timeout=10)
        finally:
            heir.terminate()
    assert heir.returncode == 0


def test_a_watch_tells_that_the_daemon_forgot(start_daemon):
    killed = start_daemon()
    state = call(killed, "Deploy", service="unknown", version="v1",
                 strategy=strategy("CanaryStrategy", manual_promotion=True))
    command = [str(SLUICE), "--address", f"unix:{killed.socket}", "watch", state.id]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as watch:
        watch.stdout.readline()
        killed.process.kill()
        killed.process.wait()
        with subprocess.Popen([str(SLUICED), "--socket", str(killed.socket)],
                              stderr=subprocess.DEVNULL) as heir:
            try:
                _, errors = watch.communicate(timeout=30)
            finally:
                heir.terminate()
                watch.terminate()
    assert watch.returncode == 6
    assert "sluice: refused: the daemon was restarted and does not know the deployment" in errors


def test_a_daemon_that_ends_leaves_the_socket_of_another(start_daemon):
    first = start_daemon()
    # As whoever clears /run does.
    for path in first.directory.glob("*.sock*"):
        path.unlink()
    second = start_daemon(directory=first.directory)
    assert second.socket == first.socket
    first.process.terminate()
    assert first.process.wait(timeout=20) == 0
    assert check_health(second, "") == "SERVING"
