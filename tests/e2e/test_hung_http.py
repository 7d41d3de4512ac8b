# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Targets that take the deployer's POST and never answer, or answer badly: nothing hangs with them."""
import contextlib
import http.server
import json
import os
import socket
import struct
import threading
import time

import pytest

from calls import call, eventually, listed, pb, rolling, status_name

# What the issue allows a verb. The cut takes milliseconds.
ACTS_WITHIN = 1
CLOSED_WITHIN = 10


class Targets:
    """Targets t1, t2, t3 behind one HTTP server, which never answers for the versions in `hung`."""

    def __init__(self, hung):
        self.hung = hung
        self.calls = []  # (target, version), as they came
        self.closed = []  # those of them whose connection the daemon closed
        targets = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                targets.answer(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def answer(self, handler):
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        of = (body["target_id"], body["version"])
        self.calls.append(of)
        if body["version"] in self.hung:
            # The end of the stream, or its reset: nothing more was to come.
            handler.connection.settimeout(CLOSED_WITHIN)
            try:
                more = handler.connection.recv(1)
            except ConnectionResetError:
                more = b""
            except TimeoutError:
                return
            if not more:
                self.closed.append(of)
            return
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def config(self):
        address = f"127.0.0.1:{self.server.server_port}"
        targets = "".join(f"      - {{id: t{i}, address: '{address}'}}\n" for i in (1, 2, 3))
        return ("services:\n  - name: web\n    initial_version: v1\n    targets:\n" + targets +
                "    deployer:\n      http: {url: 'http://{address}/deploy', timeout: 5m}\n")

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def make_targets():
    made = []

    def make(*hung):
        made.append(Targets(hung))
        return made[-1]

    yield make
    for targets in made:
        targets.stop()


def begin_hung(daemon, targets, version="v2"):
    """Deploys one by one, until the first target has the call; returns the deployment's id."""
    state = call(daemon, "Deploy", service="web", version=version, strategy=rolling())
    eventually(lambda: targets.calls)
    return state.id


def ends(daemon, verb, deployment_id, status):
    """The verb is taken and the deployment ends so, in time; returns the end."""
    begin = time.monotonic()
    call(daemon, verb, deployment_id=deployment_id)
    end = daemon.await_status(deployment_id, "FAILED", "ROLLED_BACK", "COMPLETED", seconds=10)
    assert time.monotonic() - begin < ACTS_WITHIN
    assert status_name(end) == status
    return end


def calls_until_the_end(daemon, targets, closed):
    """All calls that the targets got, once so many were given up and the daemon is gone."""
    eventually(lambda: len(targets.closed) == closed, CLOSED_WITHIN)
    daemon.channel.close()
    daemon.stop()
    assert len(targets.closed) == closed
    return targets.calls


def test_abort_gives_up_a_hung_call_and_makes_no_other(start_daemon, make_targets):
    targets = make_targets("v2")
    daemon = start_daemon(targets.config())
    end = ends(daemon, "Abort", begin_hung(daemon, targets), "FAILED")
    assert end.reason == pb()[0].REASON_ABORTED
    assert end.fleet.consistency == pb()[0].FLEET_CONSISTENCY_UNKNOWN
    assert calls_until_the_end(daemon, targets, closed=1) == [("t1", "v2")]


def test_rollback_gives_up_a_hung_call_and_takes_only_that_target_back(start_daemon, make_targets):
    targets = make_targets("v2")
    daemon = start_daemon(targets.config())
    end = ends(daemon, "Rollback", begin_hung(daemon, targets), "ROLLED_BACK")
    assert (end.fleet.consistency, end.fleet.version) == (
        pb()[0].FLEET_CONSISTENCY_CONSISTENT, "v1")
    assert calls_until_the_end(daemon, targets, closed=1) == [("t1", "v2"), ("t1", "v1")]


def test_abort_gives_up_a_rollback_that_hangs_too(start_daemon, make_targets):
    targets = make_targets("v1", "v2")
    daemon = start_daemon(targets.config())
    deployment_id = begin_hung(daemon, targets)
    call(daemon, "Rollback", deployment_id=deployment_id)
    eventually(lambda: ("t1", "v1") in targets.calls)
    end = ends(daemon, "Abort", deployment_id, "FAILED")
    assert end.fleet.consistency == pb()[0].FLEET_CONSISTENCY_UNKNOWN
    assert calls_until_the_end(daemon, targets, closed=2) == [("t1", "v2"), ("t1", "v1")]


# --- T22, T23: targets that answer too late, badly or not at all.

DEADLINE = 3  # seconds
# What a machine that is busy with other tests may take on top.
LATE = 12


class Server:
    """A target that does with each connection, once it has the request, what `behave` does."""

    def __init__(self, behave):
        self.behave = behave
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.connections = []
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def accept(self):
        while not self.ending.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            self.threads.append(threading.Thread(target=self.serve, args=(connection,)))
            self.threads[-1].start()

    def serve(self, connection):
        try:
            connection.recv(65536)
            self.behave(self, connection)
        except OSError:
            pass

    def config(self):
        return ("services:\n  - name: web\n    initial_version: v1\n    targets:\n"
                f"      - {{id: t1, address: '127.0.0.1:{self.listener.getsockname()[1]}'}}\n"
                "    on_failure: {policy: stop}\n    deployer:\n"
                "      http: {url: 'http://{address}/deploy', " f"timeout: {DEADLINE}s}}\n")

    def stop(self):
        self.ending.set()
        # The threads that wait for either learn it.
        for waiting in (self.listener, *self.connections):
            with contextlib.suppress(OSError):
                waiting.shutdown(socket.SHUT_RDWR)
            waiting.close()
        for thread in self.threads:
            thread.join()


def never_answer(server, _):
    server.ending.wait(120)


def drip(server, connection):
    """An answer that would be good, a byte a second."""
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000:
        connection.sendall(bytes([byte]))
        if server.ending.wait(1):
            return


def drip_body(server, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not server.ending.wait(1):
        connection.sendall(b"x")


def reset(_, connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def reset_within(_, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
    reset(_, connection)


def half_close(server, connection):
    """No more is to come, but the connection stays."""
    connection.shutdown(socket.SHUT_WR)
    server.ending.wait(120)


def half_close_within(server, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")
    half_close(server, connection)


@pytest.fixture
def make_server():
    made = []

    def make(behave):
        made.append(Server(behave))
        return made[-1]

    yield make
    for server in made:
        server.stop()


def threads_of(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/task"))


@pytest.mark.parametrize("behave, words, waits", [
    (never_answer, "no answer within 3s", True), (drip, "no answer within 3s", True),
    (drip_body, "no answer within 3s", True),
    (reset, "reset", False), (reset_within, "", False), (half_close, "", False),
    (half_close_within, "", False)], ids=lambda value: getattr(value, "__name__", ""))
def test_t22_t23_a_target_that_answers_badly_fails_by_its_deadline_and_holds_up_nobody(
        start_daemon, make_server, behave, words, waits):
    server = make_server(behave)
    daemon = start_daemon(server.config())
    # The pools have their threads, and keep them, once something has run.
    first = call(daemon, "Deploy", service="web", version="v2", strategy=rolling())
    daemon.await_status(first.id, "FAILED", seconds=DEADLINE + LATE)
    before = threads_of(daemon)
    begin = time.monotonic()
    state = call(daemon, "Deploy", service="web", version="v3", strategy=rolling())
    slowest = 0
    while status_name(state) != "FAILED":
        asked = time.monotonic()
        state = call(daemon, "GetState", deployment_id=state.id)
        assert len(listed(daemon)) == 2
        slowest = max(slowest, time.monotonic() - asked)
        assert time.monotonic() - begin < DEADLINE + LATE
        time.sleep(0.05)
    took = time.monotonic() - begin
    assert took >= (DEADLINE * 0.9 if waits else 0)
    assert waits or took < DEADLINE
    # Nobody waited for the target.
    assert slowest < DEADLINE / 2
    [target] = state.targets
    assert words in target.error and target.error
    eventually(lambda: threads_of(daemon) <= before)
