# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Who may deploy what, and how much at a time."""
import grpc
import pytest

from calls import call, listed, pb, refused, rolling, status_name, strategy, violations


def target(target_id, address=""):
    return pb()[0].Target(id=target_id, address=address)


# --- Who may deploy what.

FLAG = ("FeatureFlagStrategy", {"initial_rollout": 5})


def deploy_unknown(daemon, **fields):
    kind, options = FLAG
    return call(daemon, "Deploy", **{"service": "unknown", "version": "v1",
                                     "strategy": strategy(kind, **options), **fields})


def test_without_a_configuration_any_service_is_accepted(start_daemon):
    daemon = start_daemon()
    daemon.await_status(deploy_unknown(daemon).id, "COMPLETED")
    targets = [target("a", "127.0.0.1:1"), target("b", "127.0.0.1:2")]
    state = deploy_unknown(daemon, service="fleet", strategy=rolling(2), targets=targets)
    end = daemon.await_status(state.id, "COMPLETED")
    assert end.result.targets_updated == 2


def test_without_a_configuration_a_strategy_and_targets_must_be_given(start_daemon):
    daemon = start_daemon()
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        call(daemon, "Deploy", service="unknown", version="v1")
    assert set(violations(error.value)) == {"strategy"}
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        deploy_unknown(daemon, strategy=rolling())
    assert set(violations(error.value)) == {"targets"}
    assert not listed(daemon)


@pytest.mark.parametrize("setting, accepted", [("", False), ("false", False), ("true", True)])
def test_a_configuration_says_whether_others_are_accepted(start_daemon, make_fleet, setting,
                                                          accepted):
    line = f"allow_unconfigured_services: {setting}\n" if setting else ""
    daemon = start_daemon(line + "services:\n" + make_fleet(1).service())
    if accepted:
        daemon.await_status(deploy_unknown(daemon).id, "COMPLETED")
        return
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        deploy_unknown(daemon)
    assert "allow_unconfigured_services" in violations(error.value)["service"]


def test_a_request_picks_among_configured_targets(start_daemon, make_fleet):
    fleet = make_fleet(4)
    daemon = start_daemon("services:\n" + fleet.service())
    state = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(2),
                 targets=[target("t3"), target("t1", "127.0.0.1:1")])
    daemon.await_status(state.id, "COMPLETED")
    assert fleet.versions() == {"t1": "v2", "t2": "v1", "t3": "v2", "t4": "v1"}


def test_a_request_brings_targets_only_where_that_is_allowed(start_daemon, make_fleet):
    closed, opened = make_fleet(1), make_fleet(1)
    (opened.directory / "versions" / "new").write_text("v1\n")
    daemon = start_daemon("services:\n" + closed.service("closed") +
                          opened.service("opened", "    allow_request_targets: true\n"))
    brought = [target("t1"), target("new", "127.0.0.1:9")]
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as error:
        call(daemon, "Deploy", service="closed", version="v2", targets=brought)
    assert set(violations(error.value)) == {"targets[1].id"}
    state = call(daemon, "Deploy", service="opened", version="v2", strategy=rolling(2),
                 targets=brought)
    end = daemon.await_status(state.id, "COMPLETED")
    assert [t.target.address for t in end.targets] == ["127.0.0.1:1", "127.0.0.1:9"]
    assert {row[1] for row in opened.calls()} == {"t1", "new"}
    assert not closed.calls()


# --- Limits.

def test_deployments_wait_for_a_worker_up_to_a_bound(start_daemon, make_fleet):
    fleets = {name: make_fleet(1) for name in ("a", "b", "c")}
    fleets["a"].slow(1)
    daemon = start_daemon(
        "limits: {max_active_deployments: 1, max_pending_deployments: 1}\nservices:\n" +
        "".join(fleet.service(name) for name, fleet in fleets.items()))
    running = call(daemon, "Deploy", service="a", version="v2")
    daemon.await_status(running.id, "IN_PROGRESS")
    waiting = call(daemon, "Deploy", service="b", version="v2")
    assert status_name(call(daemon, "GetState", deployment_id=waiting.id)) == "PENDING"
    with refused(grpc.StatusCode.RESOURCE_EXHAUSTED) as error:
        call(daemon, "Deploy", service="c", version="v2", request_id="again")
    assert error.value.details()
    assert {s.id for s in listed(daemon)} == {running.id, waiting.id}
    daemon.await_status(waiting.id, "COMPLETED")
    # What was refused left nothing behind: the same request is accepted now.
    later = call(daemon, "Deploy", service="c", version="v2", request_id="again")
    daemon.await_status(later.id, "COMPLETED")


def test_services_that_nobody_configured_do_not_become_more_and_more(start_daemon):
    daemon = start_daemon("allow_unconfigured_services: true\n"
                          "limits: {max_unconfigured_services: 3}\n"
                          "services: [{name: ours, allow_request_targets: true}]\n", durable=True)
    for name in ("ours", "a", "b", "c", "d"):
        state = call(daemon, "Deploy", service=name, version="v1",
                     strategy=strategy("FeatureFlagStrategy", initial_rollout=5))
        daemon.await_status(state.id, "COMPLETED")
    for _ in range(2):
        assert [service.name for service in call(daemon, "ListServices").services] == [
            "b", "c", "d", "ours"]
        with refused(grpc.StatusCode.NOT_FOUND):
            call(daemon, "GetState", service="a")
        assert daemon.stop() == 0
        daemon.start()
