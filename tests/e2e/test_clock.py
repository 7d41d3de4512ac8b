# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The wall clock of a running daemon is set, with faketime; its steady clock goes on."""
import glob
import time

import pytest

from calls import call, eventually, rolling

DELAY_SECONDS = 2
DAY_SECONDS = 24 * 3600


@pytest.fixture
def faketime(tmp_path):
    """What a daemon needs in its environment, and the function that sets its clock."""
    libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not libraries:
        pytest.skip("faketime is not installed")
    setting = tmp_path / "clock"
    setting.write_text("+0")

    def set_clock(jump):
        # At once: a file that is half written would be read as no jump.
        new = tmp_path / "clock.new"
        new.write_text(jump)
        new.rename(setting)

    return {"LD_PRELOAD": libraries[0], "FAKETIME_TIMESTAMP_FILE": str(setting),
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}, set_clock


def seconds(timestamp):
    return timestamp.seconds + timestamp.nanos / 1e9


def check_times(state):
    """No time is before the one that it follows, and the wait is as long as planned."""
    times = [seconds(state.create_time), seconds(state.start_time)]
    for step in state.plan.steps:
        times += [seconds(step.start_time), seconds(step.end_time)]
        if step.HasField("wait"):
            took = times[-1] - times[-2]
            assert DELAY_SECONDS <= took < DELAY_SECONDS + 60, took
    times.append(seconds(state.end_time))
    assert times == sorted(times), times
    for target in state.targets:
        assert seconds(state.start_time) <= seconds(target.start_time) <= seconds(target.end_time)
        assert seconds(target.end_time) <= seconds(state.end_time)
    assert DELAY_SECONDS * 1000 <= state.result.duration_ms < (DELAY_SECONDS + 60) * 1000


@pytest.mark.parametrize("jump, restarted", [
    (DAY_SECONDS, False), (-DAY_SECONDS, False), (DAY_SECONDS, True), (-time.time(), True)],
    ids=["a day ahead", "a day back", "a day ahead and a restart", "1970 and a restart"])
def test_t19_a_jump_of_the_wall_clock_shortens_no_wait(start_daemon, make_fleet, faketime, jump,
                                                       restarted):
    environment, set_clock = faketime
    fleet = make_fleet(2)
    daemon = start_daemon("services:\n" + fleet.service(asked=True), durable=True, env=environment)
    state = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(1, DELAY_SECONDS))
    eventually(lambda: call(daemon, "GetState", deployment_id=state.id).plan.steps[1]
               .HasField("wait_until"))
    set_clock(f"{jump:+.0f}")
    if restarted:
        daemon.kill()
        daemon.start()
    end = daemon.await_status(state.id, "COMPLETED", "FAILED", "ROLLED_BACK")
    assert not end.reason
    check_times(end)
    # The commands live in real time.
    assert fleet.calls("begin")[1][0] - fleet.calls("end")[0][0] >= DELAY_SECONDS
    # What comes next goes by the new time.
    after = call(daemon, "Deploy", service="web", version="v3", strategy=rolling(2, 0))
    assert abs(seconds(after.create_time) - time.time() - jump) < 600
    daemon.await_status(after.id, "COMPLETED")
