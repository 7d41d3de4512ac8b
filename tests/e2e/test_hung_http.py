# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""A target that takes the deployer's POST and never answers: the verbs get past it."""
import http.server
import json
import threading
import time

import pytest

from calls import call, eventually, pb, rolling, status_name

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
