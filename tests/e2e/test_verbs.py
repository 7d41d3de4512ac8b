# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Every control verb in every status: it acts within a second, or is refused."""
import time

import grpc
import pytest

from calls import await_log, call, eventually, refused, rolling, status_name

LIMITS = "limits: {max_active_deployments: 1}\ndrain_grace: 2s\n"


class Stage:
    """A daemon with one worker, and a deployment of two targets brought to a status."""

    def __init__(self, start_daemon, make_fleet):
        self.fleet = make_fleet(2)
        self.other = make_fleet(1)
        self.daemon = start_daemon(LIMITS + "services:\n" + self.fleet.service("web") +
                                   self.other.service("other"))

    def deploy(self, delay=60.0, service="web"):
        return call(self.daemon, "Deploy", service=service, version="v2",
                    strategy=rolling(1, delay)).id

    def act(self, verb, deployment_id, **fields):
        return call(self.daemon, verb, deployment_id=deployment_id, **fields)

    def state(self, deployment_id):
        return call(self.daemon, "GetState", deployment_id=deployment_id)

    def reach_pending(self):
        self.other.slow(30)
        self.deploy(service="other")
        eventually(self.other.calls)
        return self.deploy()

    def reach_in_progress(self):
        deployment_id = self.deploy()
        eventually(lambda: self.state(deployment_id).plan.steps[1].HasField("wait_until"))
        return deployment_id

    def reach_paused(self):
        deployment_id = self.reach_in_progress()
        self.act("Pause", deployment_id)
        self.daemon.await_status(deployment_id, "PAUSED")
        return deployment_id

    def reach_completed(self):
        return self.reach("COMPLETED", self.deploy(0))

    def reach_failed(self):
        deployment_id = self.reach_in_progress()
        self.act("Abort", deployment_id)
        return self.reach("FAILED", deployment_id)

    def reach_rolled_back(self):
        self.fleet.fail("t2", "v2")
        return self.reach("ROLLED_BACK", self.deploy(0))

    def reach(self, status, deployment_id):
        self.daemon.await_status(deployment_id, status)
        return deployment_id


# What each verb does within a second in each status; the rest is refused.
ACTS = {
    ("PENDING", "Abort"): "FAILED",
    ("PENDING", "Rollback"): "ROLLED_BACK",
    ("IN_PROGRESS", "Pause"): "PAUSED",
    ("IN_PROGRESS", "Promote"): "COMPLETED",
    ("IN_PROGRESS", "Abort"): "FAILED",
    ("IN_PROGRESS", "Rollback"): "ROLLED_BACK",
    ("PAUSED", "Resume"): "IN_PROGRESS",
    ("PAUSED", "Promote"): "COMPLETED",
    ("PAUSED", "Abort"): "FAILED",
    ("PAUSED", "Rollback"): "ROLLED_BACK",
    ("COMPLETED", "Rollback"): "ROLLED_BACK",
    ("FAILED", "Rollback"): "ROLLED_BACK",
}
STATUSES = ["PENDING", "IN_PROGRESS", "PAUSED", "COMPLETED", "FAILED", "ROLLED_BACK"]
VERBS = ["Pause", "Resume", "Promote", "Abort", "Rollback"]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("status", STATUSES)
def test_a_verb_acts_within_a_second_or_is_refused(start_daemon, make_fleet, status, verb):
    stage = Stage(start_daemon, make_fleet)
    deployment_id = getattr(stage, "reach_" + status.lower())()
    before = stage.state(deployment_id)
    assert status_name(before) == status
    begin = time.monotonic()
    if (status, verb) not in ACTS:
        with refused(grpc.StatusCode.FAILED_PRECONDITION) as error:
            stage.act(verb, deployment_id)
        assert f"it is {status.lower()}" in error.value.details()
        after = stage.state(deployment_id)
        assert (status_name(after), after.revision) == (status, before.revision)
    else:
        stage.act(verb, deployment_id)
        stage.daemon.await_status(deployment_id, ACTS[status, verb], seconds=10)
    assert time.monotonic() - begin < 1


def test_a_promote_of_what_does_not_wait_names_the_flag_that_helps(start_daemon, make_fleet):
    stage = Stage(start_daemon, make_fleet)
    stage.fleet.hold()
    stage.deploy(0)
    eventually(stage.fleet.calls)
    refusal = stage.daemon.cli("promote", "web")
    stage.fleet.release()
    assert refusal.returncode == 6
    assert "does not wait" in refusal.stderr and "`--full`" in refusal.stderr


@pytest.mark.parametrize("verb", ["Abort", "Rollback"])
def test_a_service_is_free_again_once_the_waiting_one_is_gone(start_daemon, make_fleet, verb):
    stage = Stage(start_daemon, make_fleet)
    first = stage.reach_pending()
    stage.act(verb, first)
    second = stage.deploy(0)
    assert second != first
    holder = call(stage.daemon, "GetState", service="other").id
    stage.act("Abort", holder)
    stage.daemon.await_status(second, "COMPLETED")
    assert len(stage.fleet.calls()) == 2


def test_rollback_cuts_a_way_forward_but_not_a_way_back(start_daemon, make_fleet):
    stage = Stage(start_daemon, make_fleet)
    deployment_id = stage.reach_in_progress()
    stage.fleet.slow(0.5)
    first = stage.act("Rollback", deployment_id)
    again = stage.act("Rollback", deployment_id)
    assert first.id == again.id
    stage.daemon.await_status(deployment_id, "ROLLED_BACK")
    assert [row[1:3] for row in stage.fleet.calls()] == [("t1", "v2"), ("t1", "v1")]


def test_every_verb_is_a_line_of_the_log(start_daemon, make_fleet):
    stage = Stage(start_daemon, make_fleet)
    deployment_id = stage.reach_in_progress()
    for verb in ("Pause", "Resume", "Abort"):
        stage.act(verb, deployment_id, reason=f"why {verb}")
        await_log(stage.daemon, f'event={verb.lower()}_requested deployment={deployment_id} '
                                f'reason="why {verb}"')
