# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The live view on a real terminal: it stays in its place, and gives the terminal back as it was."""
import contextlib
import re
import signal

import pytest

from calls import call, eventually, rolling, status_name
from conftest import SLUICE
from terminal import HIDE_CURSOR, NO_WRAP, OURS, UP, WRAP, Terminal

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def waiting(start_daemon, fleet):
    """A daemon, and its deployment in the middle of a wait."""
    daemon = start_daemon("services:\n" + fleet.service())
    deployment_id = call(daemon, "Deploy", service="web", version="v2", strategy=rolling(1, 60)).id
    eventually(lambda: call(daemon, "GetState", deployment_id=deployment_id)
               .plan.steps[1].HasField("wait_until"))
    return daemon, deployment_id


def test_ctrl_c_gives_the_terminal_back_and_leaves_the_deployment_running(
        start_daemon, make_fleet, terminal):
    daemon, deployment_id = waiting(start_daemon, make_fleet(3))
    watch = terminal(daemon, "watch", "web")
    watch.await_text("s left")
    assert HIDE_CURSOR in watch.text
    watch.type("\x03")
    assert watch.await_exit() == 130
    assert watch.is_usable()
    assert f"the deployment {deployment_id[:8]} goes on" in watch.text
    assert status_name(call(daemon, "GetState", deployment_id=deployment_id)) == "IN_PROGRESS"


def test_the_end_is_the_last_page_and_the_terminal_is_usable(start_daemon, make_fleet, terminal):
    daemon = start_daemon("services:\n" + make_fleet(3).service())
    deploy = terminal(daemon, "deploy", "web", "v2", "--strategy", "rolling", "--delay", "0s",
                      "--watch")
    assert deploy.await_exit() == 0
    assert deploy.is_usable()
    assert "completed" in deploy.text[deploy.text.rfind("Deployment:"):]


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_that_ends_it_gives_the_terminal_back(start_daemon, make_fleet, terminal,
                                                       signal_number):
    daemon, deployment_id = waiting(start_daemon, make_fleet(3))
    watch = terminal(daemon, "watch", "web")
    watch.await_text("s left")
    watch.process.send_signal(signal_number)
    assert watch.await_exit() == 128 + signal_number
    assert watch.is_usable()
    assert status_name(call(daemon, "GetState", deployment_id=deployment_id)) == "IN_PROGRESS"


def test_ctrl_z_gives_the_terminal_back_and_fg_draws_the_view_again(start_daemon, make_fleet):
    daemon, deployment_id = waiting(start_daemon, make_fleet(3))
    shell = Terminal("bash", "--norc", "--noprofile", "--noediting", "-i", PS1="ready> ",
                     SLUICE_ADDRESS=f"unix:{daemon.socket}")
    with contextlib.closing(shell):
        shell.await_text("ready> ")
        shell.type(f"{SLUICE} watch web\n")
        shell.await_text("s left")
        for _ in range(2):
            begin = len(shell.text)
            shell.type("\x1a")
            stopped = shell.await_text("Stopped", begin)
            assert shell.is_usable(stopped)
            prompt = shell.await_text("ready> ", stopped)
            # Nothing is drawn over the shell.
            call(daemon, "Pause", deployment_id=deployment_id)
            call(daemon, "Resume", deployment_id=deployment_id)
            shell.type("echo still $((1 + 1))\n")
            shell.await_text("still 2", prompt)
            shell.await_text("ready> ", shell.text.index("still 2", prompt))
            assert HIDE_CURSOR not in shell.text[stopped:]
            shell.type("fg\n")
            drawn = shell.await_text(HIDE_CURSOR, prompt)
            # A block of its own, below what the shell has printed.
            shell.await_text("s left", drawn)
            assert not UP.search(shell.text[stopped:shell.text.index("Deployment:", drawn)])
        shell.type("\x03")
        shell.await_text("goes on", drawn)
        shell.type("exit $?\n")
        assert shell.await_exit() == 130
        assert shell.is_usable()


def test_it_is_redrawn_in_place(start_daemon, make_fleet, terminal):
    daemon, _ = waiting(start_daemon, make_fleet(3))
    watch = terminal(daemon, "watch", "web")
    # The countdown alone is something new each second.
    eventually(lambda: watch.read(0.05) and len(UP.findall(watch.text)) >= 3)
    # Each page goes over the one before.
    assert watch.text.count("Deployment:") - len(UP.findall(watch.text)) in (0, 1)
    assert OURS.sub("", watch.text).count("\x1b") == 0


def test_a_narrower_terminal_gets_narrower_lines(start_daemon, make_fleet, terminal):
    daemon, _ = waiting(start_daemon, make_fleet(3))
    watch = terminal(daemon, "watch", "web")
    watch.await_text("s left")
    watch.resize(30, 12)
    begin = len(watch.text)
    watch.await_text(WRAP, begin)
    page = watch.text[watch.text.index(NO_WRAP, begin):]
    lines = OURS.sub("", page[:page.index(WRAP)]).replace("\r", "").split("\n")
    assert max(len(line) for line in lines) <= 30
    assert len(lines) <= 12


@pytest.mark.parametrize("watcher", [("watch", "web"), ("state", "web"), ("state", "web", "-o", "json"),
                                     ("state", "web", "-o", "yaml"), ("list", "-o", "wide")])
def test_what_a_target_prints_does_not_steer_the_terminal(start_daemon, make_fleet, terminal, watcher):
    fleet = make_fleet(1)
    fleet.fail("t1", "v2", "\x1b]0;owned\x07\x1b[2J\x1b[?1049h\x1b[?25l\u009b2Jthe last words \u202e")
    daemon = start_daemon("services:\n" + fleet.service())
    state = call(daemon, "Deploy", service="web", version="v2", strategy=rolling())
    daemon.await_status(state.id, "ROLLED_BACK")
    watch = terminal(daemon, *watcher)
    watch.await_exit()
    assert watch.is_usable()
    left = OURS.sub("", watch.text)
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", left), repr(left)
    assert "the last words" in left or watcher[0] == "list"


@pytest.mark.parametrize("env, allowed", [({"NO_COLOR": "1"}, OURS), ({"TERM": "dumb"}, None)])
def test_colours_and_redrawing_can_be_turned_off(start_daemon, make_fleet, terminal, env, allowed):
    daemon = start_daemon("services:\n" + make_fleet(2).service())
    deploy = terminal(daemon, "deploy", "web", "v2", "--strategy", "rolling", "--delay", "0s",
                      "--watch", **env)
    assert deploy.await_exit() == 0
    assert not COLOUR.search(deploy.text)
    left = allowed.sub("", deploy.text) if allowed else deploy.text
    assert "\x1b" not in left
