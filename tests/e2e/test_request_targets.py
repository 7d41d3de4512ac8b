# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Targets that requests bring: how many are remembered, and what their addresses may be."""
import contextlib
import http.server
import threading

import grpc

from calls import call, pb, refused, rolling, violations

MANY = 10_000


def target(target_id, address="127.0.0.1:1"):
    deployment, _, _ = pb()
    return deployment.Target(id=target_id, address=address)


def deploy_many(daemon, name):
    state = call(daemon, "Deploy", service="open", version=name, strategy=rolling(MANY),
                 targets=[target(f"{name}-{i}") for i in range(MANY)])
    daemon.await_status(state.id, "COMPLETED", seconds=60)


def previous_version(daemon, target_id):
    """What is known to run there; the target itself cannot be asked."""
    state = call(daemon, "Deploy", service="open", version="next", strategy=rolling(1),
                 targets=[target(target_id)])
    state = daemon.await_status(state.id, "COMPLETED", "FAILED")
    return state.targets[0].previous_version


@contextlib.contextmanager
def http_target():
    """Yields its port and the list of what it was asked."""
    asked = []

    class Target(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.send_response(200)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Target) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, asked
        server.shutdown()
        thread.join()


def test_an_address_of_a_request_does_not_change_what_is_asked_of_it(start_daemon):
    daemon = start_daemon("""services:
  - name: open
    allow_request_targets: true
    deployer: {http: {url: 'http://{address}/deploy'}}
    health_check: {http: {path: /healthz}}
""")
    with http_target() as (port, asked):
        host = f"127.0.0.1:{port}"
        brought = [target("t1", host), target("t2", f"{host}/admin/delete-all?x="),
                   target("t3", f"somebody@{host}"), target("t4", f"{host}#")]
        with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
            call(daemon, "Deploy", service="open", version="v2", targets=brought)
        assert set(violations(error.value)) == {f"targets[{i}].address" for i in (1, 2, 3)}
        assert not asked
        state = call(daemon, "Deploy", service="open", version="v2", strategy=rolling(),
                     targets=brought[:1])
        daemon.await_status(state.id, "COMPLETED")
        assert asked == ["POST /deploy", "GET /healthz"]


def test_targets_that_come_and_go_do_not_become_more_and_more(start_daemon):
    daemon = start_daemon("services:\n  - name: open\n    allow_request_targets: true\n"
                          "    targets: [{id: ours}]\n", durable=True)
    assert previous_version(daemon, "ours") == ""
    for name in ("a", "b", "c", "d"):
        deploy_many(daemon, name)
    assert previous_version(daemon, "ours") == "next", "it is configured"
    assert daemon.stop() == 0
    daemon.start()
    assert previous_version(daemon, "a-7") == ""
    assert previous_version(daemon, "d-7") == "d"
