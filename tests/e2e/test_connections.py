# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Connections as such: too many, half open, slow, garbage, and those whose other end has gone."""
import collections
import contextlib
import itertools
import os
import resource
import signal
import socket
import subprocess
import time

import grpc
import pytest

from access_world import grant, refusal, tls_config
from calls import call, eventually, listed, refused, request, rolling
from conftest import SLUICE, SLUICED
from raw_http2 import PREFACE, SETTINGS, call_headers, connect, frame
from security import is_sanitized, make_certificates, stub_at
from serving import assert_serves, can_call, memory_kb, most_growth_kb


def is_closed(connection, seconds=20):
    """Whether the other end closes within the time; reads what comes before."""
    connection.settimeout(seconds)
    try:
        while connection.recv(4096):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


# UBSan opens a pipe to look at memory, and takes it for bad when it gets none.
@pytest.mark.skipif(is_sanitized(), reason="UBSan itself needs descriptors")
@pytest.mark.parametrize("over", ["unix", "tcp"])
def test_t41_two_hundred_connections_with_few_descriptors(start_daemon, over):
    daemon = start_daemon()
    pid = daemon.process.pid
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (64, 64))
    address = f"unix:{daemon.socket}" if over == "unix" else daemon.tcp_address()
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            with contextlib.suppress(OSError):
                stack.enter_context(connect(address)).sendall(PREFACE)
        eventually(lambda: "event=connections_refused" in daemon.log())
        assert "no descriptor left" in daemon.log()
    begin = time.monotonic()
    assert_serves(address)
    assert time.monotonic() - begin < 10
    assert_serves(f"unix:{daemon.socket}")
    assert daemon.process.poll() is None


def test_t41_connections_leave_descriptors_for_other_work(start_daemon, make_fleet):
    fleet = make_fleet(2)
    # Set before it starts, so that it knows.
    daemon = start_daemon("services:\n" + fleet.service(), prefix=("prlimit", "--nofile=64:64"))
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            with contextlib.suppress(OSError):
                stack.enter_context(connect(daemon.tcp_address())).sendall(PREFACE)
        eventually(lambda: "limits.max_connections" in daemon.log())
        # Commands need pipes, and get them.
        state = call(daemon, "Deploy", service="web", version="v2", strategy=rolling())
        daemon.await_status(state.id, "COMPLETED")


def test_one_peer_takes_no_more_than_its_share(start_daemon):
    daemon = start_daemon("limits: {max_connections_per_peer: 3}\n")
    address = daemon.tcp_address()
    held = [connect(address) for _ in range(3)]
    for connection in held:
        connection.sendall(PREFACE)
    with connect(address) as one_more:
        assert is_closed(one_more)
    refusal = "connections of 127.0.0.1 are open (limits.max_connections_per_peer)"
    eventually(lambda: refusal in daemon.log())
    # Others are not held up: the socket's users count by themselves.
    assert not listed(daemon)
    for connection in held:
        connection.close()
    eventually(lambda: can_call(address))


def test_t43_half_open_handshakes_are_closed(start_daemon, tmp_path):
    certificates = make_certificates(tmp_path / "certs")
    daemon = start_daemon(tls_config(certificates, [grant("anybody: true", "role: viewer")],
                                     client_ca=None))
    # Nothing at all, and the beginning of a TLS handshake.
    silent = [connect(daemon.tcp_address()) for _ in range(250)]
    begun = [connect(daemon.tcp_address()) for _ in range(250)]
    for connection in begun:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01")
    assert_serves(f"unix:{daemon.socket}")
    begin = time.monotonic()
    assert all(is_closed(connection, 40) for connection in silent + begun)
    assert time.monotonic() - begin < 30
    for connection in silent + begun:
        connection.close()


def open_sockets(daemon):
    directory = f"/proc/{daemon.process.pid}/fd"
    found = 0
    for name in os.listdir(directory):
        with contextlib.suppress(OSError):
            found += os.readlink(f"{directory}/{name}").startswith("socket:")
    return found


def test_t39_clients_that_have_vanished_are_let_go(start_daemon):
    """Takes as long as the keepalive: 30 s and 10 s."""
    daemon = start_daemon()
    before = open_sockets(daemon)
    silent, mute = connect(f"unix:{daemon.socket}"), connect(daemon.tcp_address())
    mute.sendall(PREFACE + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
    stopped = [subprocess.Popen([str(SLUICE), "-a", address, "watch"], stdout=subprocess.DEVNULL)
               for address in (f"unix:{daemon.socket}", daemon.tcp_address())]
    eventually(lambda: open_sockets(daemon) >= before + 4)
    for client in stopped:
        client.send_signal(signal.SIGSTOP)
    try:
        eventually(lambda: open_sockets(daemon) <= before, seconds=120)
    finally:
        for client in stopped:
            client.kill()
            client.wait()
        silent.close()
        mute.close()


DRIP_SECONDS = 8
HEADERS = call_headers("Deploy")
# What is sent at once, and what is sent a byte a second. None of it ever comes to its end.
DRIPS = {
    "preface": (b"", PREFACE),
    "settings": (PREFACE, b"\x00\x00\x3c\x04\x00\x00\x00\x00\x00"),
    "headers": (PREFACE + frame(SETTINGS, 0, 0) + b"\x00\x10\x00\x01\x04\x00\x00\x00\x01", HEADERS),
    "message": (PREFACE + frame(SETTINGS, 0, 0) + frame(1, 4, 1, HEADERS) +
                b"\x00\x10\x00\x00\x00\x00\x00\x00\x01", b"\x00\x00\x00\x0f\xff" + b"\x0a" * 100),
}
CONNECTIONS_EACH = 25


def test_slow_loris_holds_up_nobody(start_daemon):
    """200 connections over both sockets that send a byte a second."""
    daemon = start_daemon()
    addresses = (f"unix:{daemon.socket}", daemon.tcp_address())
    before, sockets = memory_kb(daemon), open_sockets(daemon)
    held = collections.defaultdict(list)
    for address, what in itertools.product(addresses, DRIPS):
        for _ in range(CONNECTIONS_EACH):
            connection = connect(address)
            connection.sendall(DRIPS[what][0])
            held[address, what].append(connection)
    for second in range(DRIP_SECONDS):
        for (_, what), connections in held.items():
            for connection in connections:
                # It may have been closed.
                with contextlib.suppress(OSError):
                    connection.sendall(DRIPS[what][1][second:second + 1])
        for address in addresses:
            assert_serves(address)
        time.sleep(1)
    assert memory_kb(daemon) - before < most_growth_kb()
    # Over TCP whoever has not said in time how the connection is to be is not waited for.
    for what in ("preface", "settings"):
        assert all(is_closed(connection) for connection in held[addresses[1], what])
    for connection in itertools.chain(*held.values()):
        connection.close()
    eventually(lambda: open_sockets(daemon) <= sockets)
    for address in addresses:
        assert_serves(address)


def test_slow_loris_takes_no_more_than_the_share_of_one_peer(start_daemon):
    daemon = start_daemon("limits: {max_connections_per_peer: 20}\n")
    first, slow = DRIPS["headers"]
    held = [connect(daemon.tcp_address()) for _ in range(40)]
    for connection in held:
        with contextlib.suppress(OSError):
            connection.sendall(first + slow[:1])
    eventually(lambda: "connections of 127.0.0.1 are open" in daemon.log())
    assert_serves(f"unix:{daemon.socket}")
    for connection in held:
        connection.close()
    eventually(lambda: can_call(daemon.tcp_address()))


@pytest.mark.parametrize("over", ["unix", "tcp", "tls"])
@pytest.mark.parametrize("what", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", os.urandom(65536),
                                  PREFACE + os.urandom(65536),
                                  PREFACE + b"\x00\xff\xff\x01\x04\x00\x00\x00\x01" * 1000],
                         ids=["HTTP/1.1", "noise", "preface and noise", "headers without end"])
def test_garbage_harms_nobody(start_daemon, tmp_path, over, what):
    daemon = start_daemon() if over != "tls" else start_daemon(tls_config(
        make_certificates(tmp_path / "certs"), [grant(f"unix_uid: {os.getuid()}", "role: viewer")]))
    address = f"unix:{daemon.socket}" if over == "unix" else daemon.tcp_address()
    before = memory_kb(daemon)
    for _ in range(50):
        with connect(address) as connection, contextlib.suppress(OSError):
            connection.sendall(what)
    assert_serves(address if over != "tls" else f"unix:{daemon.socket}")
    assert memory_kb(daemon) - before < most_growth_kb()


def test_a_live_socket_of_another_program_is_not_taken(tmp_path):
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "s"))
        other.listen()
        ended = subprocess.run([str(SLUICED), "--socket", str(tmp_path / "s")], timeout=20,
                               capture_output=True, text=True, check=False)
        assert ended.returncode == 1
        assert f"another program listens on {tmp_path}/s" in ended.stderr
        with connect(f"unix:{tmp_path}/s"):
            pass


def test_a_connection_that_ends_during_its_call_leaves_its_name_to_nobody(start_daemon, tmp_path):
    """Descriptors are used again; a call's caller is not."""
    daemon = start_daemon("access: {grants: [" + grant(f"unix_uid: {os.getuid()}", "role: admin") +
                          "]}\n")
    for _ in range(20):
        with stub_at(f"unix:{daemon.socket}") as stub:
            stub.WatchStates(request("WatchStates")).initial_metadata()
        with stub_at(daemon.tcp_address()) as stub:
            with refused(grpc.StatusCode.UNAUTHENTICATED):
                stub.ListServices(request("ListServices"))
    with stub_at(f"unix:{daemon.socket}") as stub:
        assert refusal(stub) == ""
