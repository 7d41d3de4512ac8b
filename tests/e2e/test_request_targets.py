# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Targets that requests bring: how many are remembered."""
from calls import call, pb, rolling

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
