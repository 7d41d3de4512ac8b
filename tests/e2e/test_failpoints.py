# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The daemon dies or fails at named places. SLUICE_ROUNDS: how often at each place of the journal."""
import collections
import os
import random
import threading

import grpc
import pytest

from access_world import configuration, grant
from calls import call, eventually, everything, listed, request, status_name, strategy
from conftest import CHANNEL_OPTIONS
from crashes import SEED
from failpoints import (ALLOCATION, GONE, JOURNAL, VARIABLE, arm, await_crash, need_failpoints, restart,
                        run_with)
from security import Tokens, audit_lines, audit_records, verify

# Of a hundred for each place, as many as fit into a minute.
ROUNDS = int(os.environ.get("SLUICE_ROUNDS", 5))
CLIENTS = 3
OPEN = "allow_unconfigured_services: true\n"
# A commit is a handful of writes, and some commits are the start's own.
LAST_HIT = collections.defaultdict(
    lambda: 40, {f"journal.{place}_write": ALLOCATION + 250 for place in ("before", "mid", "after")})


@pytest.fixture(autouse=True)
def with_failpoints():
    need_failpoints()


def test_what_is_no_failpoint_is_refused_at_the_start():
    for wrong, words in [("journal.lunch=crash", "there is no such failpoint, but: accept."),
                         ("journal.after_sync=explode", "the actions are crash, error and sleep"),
                         ("journal.before_reply=error", "this place cannot fail"),
                         ("journal.after_sync=crash@0", "after @ comes which time")]:
        ended = run_with(wrong)
        assert ended.returncode == 78
        assert ended.stderr.startswith(f'sluiced: SLUICE_FAILPOINTS: "{wrong}": ')
        assert words in ended.stderr and ended.stderr.count("\n") == 1


# --- T01: a kill at every place of the journal.

class Wish:
    """What a client asked for, and what it was told."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.answer = None        # of Deploy
        self.verb = None          # asked for once Deploy was answered
        self.verb_answer = None


class Client(threading.Thread):
    """Deploys one service after the other and steers each, until the daemon is gone."""

    def __init__(self, socket, name, seed):
        super().__init__()
        self.socket, self.name, self.random = socket, name, random.Random(seed)
        self.wishes, self.error = [], None

    def run(self):
        from sluice.v1 import deployment_service_pb2_grpc
        with grpc.insecure_channel(f"unix:{self.socket}", options=CHANNEL_OPTIONS) as channel:
            stub = deployment_service_pb2_grpc.DeploymentServiceStub(channel)
            try:
                while True:
                    self.deploy_and_steer(stub, f"{self.name}-{len(self.wishes)}")
            except grpc.RpcError as error:
                self.error = error

    def deploy_and_steer(self, stub, key):
        # It waits after its first step until somebody steers it.
        slow = strategy("RollingStrategy", batch_count=2, pause_seconds=3600)
        wish = Wish(request("Deploy", service=f"s{key}", version=f"v{key}", request_id=f"r{key}",
                            metadata={"note": "x" * self.random.randrange(1000)},
                            reason=f"because of {key}", strategy=slow))
        self.wishes.append(wish)
        wish.answer = stub.Deploy(wish.wanted, timeout=30)
        verb = self.random.choice(["", "Pause", "Abort", "Rollback"])
        if not verb:
            return
        subject = request("GetState", deployment_id=wish.answer.id)
        while status_name(stub.GetState(subject, timeout=30)) == "PENDING":
            pass
        wish.verb = verb
        wish.verb_answer = getattr(stub, verb)(
            request(verb, deployment_id=wish.answer.id, reason=f"{verb} {key}"), timeout=30)


def run_until_crash(daemon, point, seed):
    """What was wished for before the daemon died; the start may be what it dies in."""
    arm(daemon, point)
    daemon.spawn()
    eventually(lambda: "event=started" in daemon.log() or daemon.process.poll() is not None)
    clients = [Client(daemon.socket, f"{seed}-{number}", seed + number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
        assert client.error.code() in GONE, client.error
    await_crash(daemon)
    return [wish for client in clients for wish in client.wishes]


def check_payload(state, wish):
    wanted, options = wish.wanted, state.strategy_options.rolling_strategy
    assert (state.service, state.version, state.request_id, state.request_reason.split()[-1]) == (
        wanted.service, wanted.version, wanted.request_id, wanted.request_id[1:])
    assert state.metadata["note"] == wanted.metadata["note"]
    assert (options.batch_count, options.pause_seconds) == (2, 3600)
    if wish.answer is not None:
        assert (state.id, state.create_time) == (wish.answer.id, wish.answer.create_time)


ENDS = {"Pause": "PAUSED", "Abort": "FAILED", "Rollback": "ROLLED_BACK"}


def check_steered(daemon, deployment, wish):
    """A verb that was answered holds; one that was not may; and no other has come."""
    if wish.verb_answer is not None:
        state = daemon.await_status(deployment, ENDS[wish.verb])
        if wish.verb == "Pause":
            assert state.message == f"paused: Pause {wish.wanted.request_id[1:]}"
        return
    daemon.await_status(deployment, "IN_PROGRESS", *([ENDS[wish.verb]] if wish.verb else []))


def check_nothing_is_lost_or_invented(daemon, wishes):
    found = {state.request_id: state for state in everything(daemon).values()}
    assert len(found) == len(everything(daemon))
    asked = {wish.wanted.request_id: wish for wish in wishes}
    assert set(found) <= set(asked)
    for key, wish in asked.items():
        if wish.answer is not None:
            assert key in found, f"{key} was acknowledged and is lost"
        if key in found:
            check_payload(found[key], wish)
            check_steered(daemon, found[key].id, wish)
            assert daemon.stub.Deploy(wish.wanted).id == found[key].id


@pytest.mark.parametrize("point", JOURNAL)
def test_t01_a_kill_at_each_place_of_the_journal_loses_and_invents_nothing(start_daemon, point):
    print(f"SLUICE_SEED={SEED}")
    seeded = random.Random(f"{point} {SEED}")
    daemon = start_daemon(OPEN, durable=True)
    daemon.kill()
    wishes = []
    for number in range(ROUNDS):
        hit = seeded.randint(1, LAST_HIT[point])
        print(f"round {number}: {point}=crash@{hit}")
        wishes += run_until_crash(daemon, f"{point}=crash@{hit}", SEED * 1000 + number * 10)
        restart(daemon)
        check_nothing_is_lost_or_invented(daemon, wishes)
        daemon.kill()
    answered = [wish for wish in wishes if wish.answer is not None]
    print(f"{len(wishes)} asked for, {len(answered)} answered, "
          f"{sum(wish.verb_answer is not None for wish in answered)} steered")
    assert answered


# --- T13: it is written, but the client was told an error, or nothing.

def gated(daemon, **how):
    """Deploys what then waits for a person, so that the journal rests."""
    wanted = request("Deploy", service="web", version="v1", request_id="build-7",
                     strategy=strategy("CanaryStrategy", manual_promotion=True))
    return daemon.stub.Deploy(wanted, **how)


def check_one(daemon, before):
    """A retry finds the one deployment, which was there `before` it came."""
    again = gated(daemon)
    assert [state.id for state in listed(daemon)] == [again.id]
    assert [state.id for state in before] in ([], [again.id])
    daemon.await_status(again.id, "PAUSED")
    return bool(before)


def test_t13_what_was_written_and_answered_with_an_error_is_found_by_a_retry(start_daemon):
    kept = []
    for hit in range(2, 6):
        daemon = start_daemon(OPEN, durable=True,
                              env={VARIABLE: f"journal.after_sync=error@{hit}"})
        try:
            gated(daemon)
            continue  # It was a later commit that failed.
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.INTERNAL, error
            eventually(lambda: "failpoint journal.after_sync" in daemon.log())
            # The log had told of it as accepted.
            assert "event=deployment_lost" in daemon.log()
        with pytest.raises(grpc.RpcError):
            gated(daemon)  # Nothing is accepted until a restart.
        daemon.kill()
        restart(daemon)
        kept.append(check_one(daemon, listed(daemon)))
        daemon.stop()
    assert any(kept), kept


def test_t13_what_was_written_when_the_daemon_died_is_found_by_a_retry(start_daemon):
    daemon = start_daemon(OPEN, durable=True,
                          env={VARIABLE: "journal.before_reply=crash@1"})
    with pytest.raises(grpc.RpcError) as error:
        gated(daemon)
    assert error.value.code() == grpc.StatusCode.UNAVAILABLE
    await_crash(daemon)
    restart(daemon)
    assert check_one(daemon, listed(daemon))


def test_t13_an_answer_that_comes_too_late_is_found_by_a_retry(start_daemon):
    daemon = start_daemon(OPEN, durable=True,
                          env={VARIABLE: "journal.before_reply=sleep(2s)@1"})
    with pytest.raises(grpc.RpcError) as error:
        gated(daemon, timeout=0.5)
    assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert check_one(daemon, listed(daemon))


# --- The audit trail.

@pytest.mark.parametrize("point", ["audit.before_write", "audit.after_write", "audit.after_sync"])
def test_t01_a_kill_while_the_trail_is_written_leaves_no_answered_change_unrecorded(
        start_daemon, tmp_path, point):
    Tokens(tmp_path / "tokens")
    trail = tmp_path / "audit.jsonl"
    config = configuration(tmp_path, [grant(f"unix_uid: {os.getuid()}", "role: admin")])
    daemon = start_daemon(config, durable=True, env={VARIABLE: f"{point}=crash@11"})
    answered = []
    with pytest.raises(grpc.RpcError) as error:
        while len(answered) < 100:
            flag = strategy("FeatureFlagStrategy", initial_rollout=5)
            answered.append(call(daemon, "Deploy", service=f"s{len(answered)}", version="v1",
                                 strategy=flag).id)
    assert error.value.code() in GONE
    await_crash(daemon)
    assert len(answered) == 5
    restart(daemon)
    assert verify(trail).returncode == 0
    recorded = {r["deployment"] for r in audit_records(trail) if r["outcome"] == "OK"}
    assert set(answered) <= recorded
    assert set(answered) <= {state.id for state in listed(daemon)}


# The trail is written twice for each change; the start has commits of its own.
WHILE_A_CHANGE_IS_MADE = [*(f"audit.{place}=crash@{hit}" for hit in (1, 2)
                            for place in ("before_write", "after_write", "after_sync")),
                          *(f"{place}=crash@{ALLOCATION + 40 if 'write' in place else 2}" for place in JOURNAL)]


@pytest.mark.parametrize("point", WHILE_A_CHANGE_IS_MADE)
def test_t01_whatever_a_kill_leaves_of_a_change_the_trail_says_who_made_it(start_daemon, tmp_path,
                                                                           point):
    Tokens(tmp_path / "tokens")
    trail = tmp_path / "audit.jsonl"
    config = configuration(tmp_path, [grant(f"unix_uid: {os.getuid()}", "role: admin")])
    daemon = start_daemon(config, durable=True, env={VARIABLE: point})
    for number in range(100):
        try:
            call(daemon, "Deploy", service=f"s{number}", version="v1",
                 strategy=strategy("FeatureFlagStrategy", initial_rollout=5))
        except grpc.RpcError as error:
            assert error.code() in GONE
            break
    await_crash(daemon)
    restart(daemon)
    assert verify(trail).returncode == 0
    done = {state.service for state in listed(daemon)}
    recorded = {line["service"]: line for line in audit_lines(trail) if line["method"] == "Deploy"}
    assert done <= set(recorded)
    assert all(f"uid={os.getuid()}" in line["peer"] for line in recorded.values())
    # Once each, also what has two lines.
    shown = daemon.cli("audit", str(trail)).stdout.splitlines()[1:]
    for service, line in recorded.items():
        [row] = [row.split() for row in shown if f" {service} " in row]
        assert row[2] == line["principal"] and row[3] == "Deploy"
        assert row[7] == ("OK" if line["outcome"] == "OK" else "unknown")
    if any(line["outcome"] == "BEGUN" for line in recorded.values()):
        assert "1 call began and no outcome is recorded: the daemon ended" in verify(trail).stdout
