# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""WatchStates: what a watcher sees, and that slow ones harm nobody."""
import contextlib
import pathlib
import statistics
import subprocess
import sys
import time

import grpc

from calls import call, eventually, refused, rolling, status_name, strategy

TERMINAL = {"COMPLETED", "FAILED", "ROLLED_BACK"}
CHANNELS, STREAMS_EACH = 4, 250
DEPLOYMENTS = 10
# Two such states are more than an HTTP/2 window holds, so that an unread stream is really stuck.
METADATA = {f"k{i}": "x" * 1000 for i in range(40)}
# A queue for each unread stream would hold a gigabyte.
MAX_GROWTH_KB = 200 * 1024
MAX_SLOWDOWN, NOT_SLOW_SECONDS = 20, 0.25


def watch(daemon, **fields):
    return call(daemon, "WatchStates", **fields)


def until_terminal(stream):
    states = []
    for response in stream:
        if not response.HasField("state"):
            continue
        states.append(response.state)
        if status_name(response.state) in TERMINAL:
            return states
    raise AssertionError("the stream ended before the deployment did")


def flag(daemon, service, **fields):
    return call(daemon, "Deploy", service=service, version="v1", **fields,
                strategy=strategy("FeatureFlagStrategy", initial_rollout=5))


def test_the_present_state_comes_first_and_the_terminal_one_last(start_daemon, make_fleet):
    fleet = make_fleet(3)
    daemon = start_daemon("services:\n" + fleet.service())
    state = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(1, 60))
    eventually(lambda: fleet.calls("end"))
    stream = watch(daemon, deployment_id=state.id[:10])
    first = next(stream).state
    assert (first.id, status_name(first)) == (state.id, "IN_PROGRESS")
    call(daemon, "Promote", deployment_id=state.id, full=True)
    seen = until_terminal(stream)
    assert status_name(seen[-1]) == "COMPLETED"
    revisions = [first.revision, *(s.revision for s in seen)]
    assert revisions == sorted(set(revisions))


def test_a_watch_of_what_has_ended_shows_its_end(start_daemon):
    daemon = start_daemon()
    state = flag(daemon, "billing")
    daemon.await_status(state.id, "COMPLETED")
    for fields in ({"deployment_id": state.id}, {"service": "billing"}, {}):
        assert status_name(next(watch(daemon, **fields)).state) == "COMPLETED"


def test_a_watch_goes_on_from_a_revision(start_daemon):
    daemon = start_daemon()
    first = daemon.await_status(flag(daemon, "first").id, "COMPLETED")
    second = daemon.await_status(flag(daemon, "second").id, "COMPLETED")
    resumed = watch(daemon, from_revision=first.revision)
    assert next(resumed).state.id == second.id
    third = flag(daemon, "third")
    assert all(s.id == third.id for s in until_terminal(resumed))
    # From zero it is everything, in the order of the last changes.
    stream = watch(daemon)
    assert [next(stream).state.id for _ in range(3)] == [first.id, second.id, third.id]


def test_a_watch_of_a_service_sees_only_that_one_and_what_comes_later(start_daemon):
    daemon = start_daemon()
    stream = watch(daemon, service="later")
    flag(daemon, "other")
    later = flag(daemon, "later")
    assert {s.id for s in until_terminal(stream)} == {later.id}
    again = flag(daemon, "later")
    assert {s.id for s in until_terminal(stream)} == {again.id}


def test_a_rollback_after_the_end_is_seen_too(start_daemon):
    daemon = start_daemon()
    state = flag(daemon, "billing")
    stream = watch(daemon, deployment_id=state.id)
    assert status_name(until_terminal(stream)[-1]) == "COMPLETED"
    call(daemon, "Rollback", deployment_id=state.id)
    assert status_name(until_terminal(stream)[-1]) == "ROLLED_BACK"


def test_a_revision_whose_states_are_gone_is_out_of_range(start_daemon):
    daemon = start_daemon("limits: {history_per_service: 1}\nallow_unconfigured_services: true\n")
    first = daemon.await_status(flag(daemon, "billing").id, "COMPLETED")
    for _ in range(3):
        daemon.await_status(flag(daemon, "billing").id, "COMPLETED")
    with refused(grpc.StatusCode.OUT_OF_RANGE):
        next(watch(daemon, from_revision=first.revision))


def test_a_watch_of_everything_begins_though_a_service_has_forgotten_some(start_daemon):
    daemon = start_daemon("limits: {history_per_service: 2}\nallow_unconfigured_services: true\n")
    quiet = daemon.await_status(flag(daemon, "quiet").id, "COMPLETED")
    for _ in range(4):
        busy = daemon.await_status(flag(daemon, "busy").id, "COMPLETED")
    stream = watch(daemon)
    states = [next(stream).state for _ in range(3)]
    assert [states[0].id, states[2].id] == [quiet.id, busy.id]
    later = flag(daemon, "quiet")
    assert {s.id for s in until_terminal(stream)} == {later.id}


def test_a_revision_of_the_daemon_before_is_out_of_range(start_daemon):
    before = start_daemon()
    revision = flag(before, "billing").revision
    before.stop()
    with refused(grpc.StatusCode.OUT_OF_RANGE):
        next(watch(start_daemon(), from_revision=revision))


def memory_kb(daemon):
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith("VmRSS:"))
    return int(line.split()[1])


@contextlib.contextmanager
def a_thousand_watchers(daemon, stubs, deployments):
    """Yields a process with 1,000 open streams, half of which are never read."""
    command = [sys.executable, pathlib.Path(__file__).parent / "many_watchers.py", stubs,
               f"unix:{daemon.socket}", str(CHANNELS), str(STREAMS_EACH), str(deployments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watchers:
        try:
            assert watchers.stdout.readline() == "connected\n"
            yield watchers
        finally:
            watchers.kill()


def deploy_seconds(daemon, prefix):
    """What calls of Deploy take, in the middle; each deployment has ended."""
    seconds = []
    for i in range(DEPLOYMENTS):
        begin = time.monotonic()
        state = flag(daemon, f"{prefix}{i}", metadata=METADATA)
        seconds.append(time.monotonic() - begin)
        daemon.await_status(state.id, "COMPLETED")
    return statistics.median(seconds)


def test_a_thousand_watchers_of_which_half_never_read_harm_nobody(start_daemon, stubs):
    daemon = start_daemon()
    alone = deploy_seconds(daemon, "before")
    before = memory_kb(daemon)
    with a_thousand_watchers(daemon, stubs, 2 * DEPLOYMENTS) as watchers:
        watched = deploy_seconds(daemon, "s")
        # No reader has missed an end, and half of the streams are stuck.
        assert watchers.stdout.readline() == "done\n"
        grown = memory_kb(daemon) - before
        still_served = flag(daemon, "last", metadata=METADATA)
        daemon.await_status(still_served.id, "COMPLETED")
    assert grown < MAX_GROWTH_KB, f"{grown} kB for {CHANNELS * STREAMS_EACH} watchers"
    # The watchers' process and the daemon's writes to it take their part of the machine.
    assert watched <= max(MAX_SLOWDOWN * alone, NOT_SLOW_SECONDS), (alone, watched)


def test_a_watch_of_nothing_yet_is_connected_at_once(start_daemon):
    daemon = start_daemon()
    stream = watch(daemon)
    assert stream.initial_metadata() is not None
    state = flag(daemon, "first")
    assert next(stream).state.id == state.id
