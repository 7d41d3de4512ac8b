# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Rapid resets: streams that are opened and taken back at once hold up nobody else.

SLUICE_RESET_SECONDS: how long a flood of resets lasts."""
import contextlib
import os
import select
import ssl
import threading
import time

import pytest

from access_world import grant, tls_config
from calls import await_log, eventually, request
from raw_http2 import PREFACE, RESET, SETTINGS, call_headers, connect, frame
from security import is_sanitized, make_certificates, stub_at, tls_credentials
from serving import assert_serves, can_call, memory_kb, most_growth_kb


def rapid_reset(connection, seconds, headers=b"\x82", reads=False):
    """Opens streams and takes them back at once, as fast as it goes; returns how many."""
    count, end = 0, time.monotonic() + seconds
    # Who does not read what comes back may be held up.
    connection.settimeout(seconds)
    with contextlib.suppress(OSError):
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0))
        while time.monotonic() < end:
            batch = b""
            for _ in range(100):
                stream, count = 2 * count + 1, count + 1
                batch += frame(1, 4, stream, headers) + frame(RESET, 0, stream, b"\0\0\0\x08")
            connection.sendall(batch)
            while reads and select.select([connection], [], [], 0)[0] and connection.recv(1 << 20):
                pass
    return count


@pytest.mark.parametrize("speaks_tls", [False, True])
def test_t42_resets_without_a_certificate_go_nowhere(start_daemon, tmp_path, speaks_tls):
    certificates = make_certificates(tmp_path / "certs")
    daemon = start_daemon(tls_config(certificates, [grant("anybody: true", "role: viewer")]))
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    before = memory_kb(daemon)
    end = time.monotonic() + 3
    with stub_at(daemon.tcp_address(), tls_credentials(certificates)) as stub:
        while time.monotonic() < end:
            with contextlib.suppress(OSError), connect(daemon.tcp_address()) as plain:
                attacker = context.wrap_socket(plain) if speaks_tls else plain
                rapid_reset(attacker, 0.5)
            stub.ListServices(request("ListServices"), timeout=10)
    assert memory_kb(daemon) - before < most_growth_kb()


RESET_SECONDS = float(os.environ.get("SLUICE_RESET_SECONDS", 5))
# The calls of others wait for what an attacker leaves behind until he is cut off: 1.5 s where this was
# measured, 27 s when nobody cut him off.
ANSWER_SECONDS = 120 if is_sanitized() else 20
# 0.1 GB were measured, and 0.8 GB.
RESET_GROWTH_KB = (2048 if is_sanitized() else 384) * 1024


def daemon_for(over, start_daemon, certificates):
    """A daemon, where to attack it, and what a caller there shows."""
    if over == "tls":
        daemon = start_daemon(tls_config(certificates, [
            grant("certificate_common_name: developer", "role: deployer"),
            grant(f"unix_uid: {os.getuid()}", "role: viewer")]))
        return daemon, daemon.tcp_address(), tls_credentials(certificates)
    daemon = start_daemon()
    return daemon, daemon.tcp_address() if over == "tcp" else f"unix:{daemon.socket}", None


def connect_as(over, address, certificates):
    if over != "tls":
        return connect(address)
    context = ssl.create_default_context(cafile=str(certificates / "ca.crt"))
    context.check_hostname = False
    context.load_cert_chain(certificates / "client.crt", certificates / "client.key")
    context.set_alpn_protocols(["h2"])
    return context.wrap_socket(connect(address))


def reset_again_and_again(connect_anew, seconds, counts):
    """Whoever is cut off comes again."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        with contextlib.suppress(OSError), connect_anew() as attacker:
            counts.append(rapid_reset(attacker, left, call_headers("GetState"), True))
        time.sleep(0.1)


@pytest.mark.parametrize("over", ["unix", "tcp", "tls"])
def test_t42_resets_of_a_caller_who_is_let_in_hold_up_nobody_else(start_daemon, tmp_path, over):
    """Others are answered throughout: on a connection that there is, and on new ones of another peer."""
    certificates = make_certificates(tmp_path / "certs")
    daemon, address, credentials = daemon_for(over, start_daemon, certificates)
    # Over TLS only those are served without a certificate who come by the socket.
    other = f"unix:{daemon.socket}" if over != "unix" else daemon.tcp_address()
    counts, latencies = [], []

    def is_answered(stub):
        begin = time.monotonic()
        stub.ListServices(request("ListServices"), timeout=ANSWER_SECONDS, wait_for_ready=True)
        latencies.append(time.monotonic() - begin)

    with stub_at(address, credentials) as there:
        is_answered(there)
        before, most = memory_kb(daemon), 0
        attacker = threading.Thread(target=reset_again_and_again, args=(
            lambda: connect_as(over, address, certificates), RESET_SECONDS, counts))
        attacker.start()
        while attacker.is_alive():
            is_answered(there)
            with stub_at(other) as new:
                is_answered(new)
            most = max(most, memory_kb(daemon))
        attacker.join()
        await_log(daemon, "event=connections_cut")
        is_answered(there)
    latencies.sort()
    print(f"{sum(counts)} streams in {RESET_SECONDS} s; {len(latencies)} calls of others, p50 "
          f"{latencies[len(latencies) // 2]:.3f} s, p99 {latencies[len(latencies) * 99 // 100]:.3f} s, "
          f"last {latencies[-1]:.3f} s; memory +{(most - before) // 1024} MB")
    assert most - before < RESET_GROWTH_KB
    # In the end also who comes from where the attacker came from.
    with stub_at(address, credentials) as stub:
        stub.ListServices(request("ListServices"), timeout=60, wait_for_ready=True)


@pytest.mark.parametrize("over", ["unix", "tcp"])
def test_t42_calls_that_end_with_their_connection_hold_up_nobody_else(start_daemon, over):
    """One connection after the other, each with all the calls that it may have."""
    daemon, address, _ = daemon_for(over, start_daemon, None)
    other = f"unix:{daemon.socket}" if over != "unix" else daemon.tcp_address()
    calls = PREFACE + frame(SETTINGS, 0, 0) + b"".join(
        frame(1, 4, stream, call_headers("GetState")) + frame(RESET, 0, stream, b"\0\0\0\x08")
        for stream in range(1, 1800, 2))
    before, end = memory_kb(daemon), time.monotonic() + RESET_SECONDS
    with stub_at(address) as there, stub_at(other) as elsewhere:
        there.ListServices(request("ListServices"), timeout=ANSWER_SECONDS)
        while time.monotonic() < end:
            for _ in range(50):
                with contextlib.suppress(OSError), connect(address) as attacker:
                    attacker.settimeout(1)
                    attacker.sendall(calls)
            for stub in (there, elsewhere):
                stub.ListServices(request("ListServices"), timeout=ANSWER_SECONDS)
    assert memory_kb(daemon) - before < RESET_GROWTH_KB
    eventually(lambda: can_call(address))


def open_watches(stub, count):
    watches = [stub.WatchStates(request("WatchStates")) for _ in range(count)]
    for watch in watches:
        watch.initial_metadata()
    return watches


@pytest.mark.parametrize("over", ["unix", "tcp"])
def test_t42_who_has_many_calls_and_takes_many_back_is_not_cut_off(start_daemon, over):
    daemon, address, _ = daemon_for(over, start_daemon, None)
    held = 900
    with stub_at(address) as stub:
        for _ in range(3):
            for watch in open_watches(stub, held):
                watch.cancel()
    with stub_at(address) as stub:
        # Small calls, as fast as a client of Python makes them, and deadlines that expire: on no
        # machine more than 2000 a second, since 2500 of one connection are a flood.
        for _ in range(20):
            next_round = time.monotonic() + 300 / 2000
            calls = [stub.ListServices.future(request("ListServices")) for _ in range(500)]
            short = [stub.ListServices.future(request("ListServices"), timeout=0.001)
                     for _ in range(300)]
            assert not [str(call.exception()) for call in calls if call.exception() is not None]
            for call in short:
                call.exception()
            time.sleep(max(0, next_round - time.monotonic()))
        # A client dies with all its calls.
        killed = [connect(address) for _ in range(3)]
        for connection in killed:
            connection.sendall(PREFACE + frame(SETTINGS, 0, 0) + b"".join(
                frame(1, 4, stream, call_headers("WatchStates")) for stream in range(1, 2 * held, 2)))
        assert_serves(address)
        for connection in killed:
            connection.close()
        stub.ListServices(request("ListServices"), timeout=ANSWER_SECONDS)
        assert_serves(address)
    assert "event=connections_cut" not in daemon.log()
    assert "event=connections_refused" not in daemon.log()
