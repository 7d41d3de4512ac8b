# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The daemon dies or fails at named places. SLUICE_ROUNDS: how often at each place of the journal."""
import collections
import os
import random
import threading
import time

import grpc
import pytest

from calls import call, eventually, listed, pb, request, rolling, status_name, strategy
from conftest import CHANNEL_OPTIONS
from failpoints import ALLOCATION, JOURNAL, VARIABLE, arm, await_crash, need_failpoints, restart, run_with
from security import Tokens, audit_lines, audit_records
from access_world import configuration, grant
from test_audit import verify
from test_crash import SEED, check_calls, everything, read_calls

# Of a hundred for each place, as many as fit into a minute.
ROUNDS = int(os.environ.get("SLUICE_ROUNDS", 5))
CLIENTS = 3
OPEN = "allow_unconfigured_services: true\n"
GONE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)
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


# --- T11: a kill before, between and after the effect on a target and its record.

class Rollout:
    """Three targets, one after the other, by a real command; the daemon is armed."""

    def __init__(self, start_daemon, make_fleet, point, **fields):
        self.fleet = make_fleet(3)
        config = "services:\n" + self.fleet.service(asked=True)
        self.daemon = start_daemon(config, durable=True, env={VARIABLE: point})
        fields = {"strategy": rolling(), **fields}
        self.id = call(self.daemon, "Deploy", service="web", version="v2", **fields).id
        await_crash(self.daemon)

    def ends(self, *names):
        state = self.daemon.await_status(self.id, *names)
        check_calls(read_calls(self.fleet), "v2")
        return state

    def begins(self, version="v2"):
        """["t1.1", ...]: the calls that targets saw, each with its attempt."""
        return [f"{c.target}.{c.attempt}" for c in read_calls(self.fleet)
                if c.kind == "begin" and c.version == version]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_t11_killed_before_a_target_is_called_it_is_called_once(start_daemon, make_fleet, number):
    rollout = Rollout(start_daemon, make_fleet, f"deployer.before_call=crash@{number}")
    assert rollout.begins() == ["t1.1", "t2.1"][:number - 1]
    restart(rollout.daemon)
    state = rollout.ends("COMPLETED")
    # Of the attempt that was cut off the target knows nothing, so its number is not used again.
    assert rollout.begins() == [f"t{i}.{2 if i == number else 1}" for i in (1, 2, 3)]
    assert [target.attempts for target in state.targets] == [2 if i == number else 1
                                                             for i in (1, 2, 3)]
    assert set(rollout.fleet.versions().values()) == {"v2"}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_t11_killed_after_a_target_was_called_it_is_not_called_again(start_daemon, make_fleet,
                                                                    number):
    rollout = Rollout(start_daemon, make_fleet, f"deployer.after_call=crash@{number}")
    assert rollout.begins() == ["t1.1", "t2.1", "t3.1"][:number]
    restart(rollout.daemon)
    state = rollout.ends("COMPLETED")
    assert rollout.begins() == ["t1.1", "t2.1", "t3.1"]
    assert [target.attempts for target in state.targets] == [1, 1, 1]


@pytest.mark.parametrize("point", ["deployer.before_call=crash@2", "deployer.after_call=crash@2"])
def test_t11_killed_again_while_an_uncertain_target_is_asked(start_daemon, make_fleet, point):
    rollout = Rollout(start_daemon, make_fleet, point)
    arm(rollout.daemon, "deployer.before_probe=crash@1")
    rollout.daemon.spawn()
    await_crash(rollout.daemon)
    restart(rollout.daemon)
    rollout.ends("COMPLETED")
    assert rollout.begins() == ["t1.1", "t2.1" if "after" in point else "t2.2", "t3.1"]


def on_uncertain(policy):
    from sluice.v1 import strategy_pb2
    value = strategy_pb2.UncertainPolicy.Value(f"UNCERTAIN_POLICY_{policy}")
    return strategy_pb2.OnFailure(on_uncertain=value)


@pytest.mark.parametrize("point", ["deployer.before_call=crash@2", "deployer.after_call=crash@2"])
def test_t11_an_uncertain_target_pauses_the_rollout_where_that_is_wanted(start_daemon, make_fleet,
                                                                        point):
    rollout = Rollout(start_daemon, make_fleet, point, on_failure=on_uncertain("PAUSE"))
    before = rollout.begins()
    restart(rollout.daemon)
    state = rollout.ends("PAUSED")
    assert "what they run is not known: t2;" in state.message
    assert rollout.begins() == before
    call(rollout.daemon, "Resume", deployment_id=rollout.id)
    rollout.ends("COMPLETED")
    assert rollout.begins() == ["t1.1", "t2.1" if "after" in point else "t2.2", "t3.1"]


@pytest.mark.parametrize("point", ["deployer.before_call=crash@2", "deployer.after_call=crash@2"])
def test_t11_an_uncertain_target_rolls_back_where_that_is_wanted(start_daemon, make_fleet, point):
    rollout = Rollout(start_daemon, make_fleet, point, on_failure=on_uncertain("ROLLBACK"))
    before = rollout.begins()
    restart(rollout.daemon)
    state = rollout.ends("ROLLED_BACK")
    assert state.reason == pb()[0].REASON_UNCERTAIN
    assert rollout.begins() == before
    assert set(rollout.fleet.versions().values()) == {"v1"}
    assert all(c.target != "t3" for c in read_calls(rollout.fleet))


@pytest.mark.parametrize("point", ["journal.after_sync", "journal.mid_write"])
def test_t11_a_rollout_killed_at_every_commit_calls_each_target_as_often_as_it_must(
        start_daemon, make_fleet, point):
    fleet = make_fleet(3)
    daemon = start_daemon("services:\n" + fleet.service(asked=True), durable=True)
    deployment = call(daemon, "Deploy", service="web", version="v2", strategy=rolling()).id
    daemon.kill()
    # Each start gets a little further than it must to be counted as one.
    for starts in range(200):
        arm(daemon, f"{point}=crash@{4 if point.endswith('sync') else ALLOCATION + 24}")
        daemon.spawn()
        eventually(lambda: "event=started" in daemon.log() or daemon.process.poll() is not None)
        daemon.connect()
        if has_ended(daemon, deployment):
            break
        await_crash(daemon)
    daemon.kill()
    restart(daemon)
    state = daemon.await_status(deployment, "COMPLETED")
    begins, _ = check_calls(read_calls(fleet), "v2")
    assert {c.target for c in begins} == {"t1", "t2", "t3"}
    assert [target.attempts for target in state.targets] == [
        max(c.attempt for c in begins if c.target == f"t{i}") for i in (1, 2, 3)]
    assert starts > 1


def has_ended(daemon, deployment):
    """Whether the daemon lives to tell that the deployment has."""
    while daemon.process.poll() is None:
        try:
            state = daemon.stub.GetState(request("GetState", deployment_id=deployment), timeout=10)
        except grpc.RpcError as error:
            assert error.code() in GONE, error
            continue
        if status_name(state) == "COMPLETED":
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("point", ["router.before_call=crash@1", "router.after_call=crash@1"])
def test_t11_killed_at_the_switch_it_is_switched_by_the_next_start(start_daemon, make_fleet, point):
    rollout = Rollout(start_daemon, make_fleet, point, strategy=strategy("BlueGreenDeployment"))
    assert len(rollout.fleet.router_calls()) == (1 if "after" in point else 0)
    restart(rollout.daemon)
    rollout.ends("COMPLETED")
    # It is absolute: again is no harm.
    assert rollout.fleet.router_calls() == ["switch v2 green"] * (2 if "after" in point else 1)
    assert sorted(rollout.begins()) == ["t1.1", "t2.1", "t3.1"]


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
