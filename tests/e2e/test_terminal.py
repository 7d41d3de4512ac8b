# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The live view on a real terminal: it stays in its place, and gives the terminal back as it was."""
import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

import pytest

from calls import call, eventually, rolling, status_name
from conftest import SLUICE

SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"
WRAP, NO_WRAP = "\x1b[?7h", "\x1b[?7l"
# All that the live view itself sends: colours, erasing, up, the cursor, wrapping.
OURS = re.compile(r"\x1b\[(?:[0-9;]*m|K|J|[0-9]+A|\?25[hl]|\?7[hl])")
UP = re.compile(r"\r\x1b\[\d+A")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
REDRAWS_A_SECOND = 5


class Terminal:
    """`sluice` on a terminal of its own."""

    def __init__(self, daemon, *words, columns=80, rows=24, **env):
        self.text = ""
        self.fd, there = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(self.fd)
        # Ctrl-C reaches who has it as the controlling terminal.
        self.process = subprocess.Popen(
            ["setsid", "--ctty", str(SLUICE), "--address", f"unix:{daemon.socket}", *words],
            stdin=there, stdout=there, stderr=there,
            env={**os.environ, "TERM": "xterm", "LANG": "C.UTF-8", **env})
        os.close(there)

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.fd, text.encode())

    def read(self, seconds):
        """Reads for so long; False once nobody has the terminal open any more."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                continue
            try:
                self.text += os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                return False
        return True

    def await_text(self, words, begin=0):
        eventually(lambda: self.read(0.05) and words in self.text[begin:])

    def await_exit(self):
        eventually(lambda: not self.read(0.05))
        return self.process.wait(timeout=20)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.fd)

    def is_as_it_was(self):
        return (termios.tcgetattr(self.fd) == self.before and
                self.text.rfind(SHOW_CURSOR) >= self.text.rfind(HIDE_CURSOR) and
                self.text.rfind(WRAP) >= self.text.rfind(NO_WRAP))


@pytest.fixture(name="terminal")
def make_terminal():
    with contextlib.ExitStack() as stack:
        def make(*words, **env):
            terminal = Terminal(*words, **env)
            stack.callback(terminal.close)
            return terminal

        yield make


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
    assert watch.is_as_it_was()
    assert f"the deployment {deployment_id[:8]} goes on" in watch.text
    assert status_name(call(daemon, "GetState", deployment_id=deployment_id)) == "IN_PROGRESS"


def test_the_end_is_the_last_page_and_the_terminal_is_as_it_was(start_daemon, make_fleet, terminal):
    daemon = start_daemon("services:\n" + make_fleet(3).service())
    deploy = terminal(daemon, "deploy", "web", "v2", "--strategy", "rolling", "--delay", "0s",
                      "--watch")
    assert deploy.await_exit() == 0
    assert deploy.is_as_it_was()
    assert "completed" in deploy.text[deploy.text.rfind("Deployment:"):]


def test_it_is_redrawn_in_place_and_not_too_often(start_daemon, make_fleet, terminal):
    daemon, _ = waiting(start_daemon, make_fleet(3))
    watch = terminal(daemon, "watch", "web")
    watch.await_text("s left")
    begin, drawn = time.monotonic(), len(watch.text)
    watch.read(3)
    redraws = len(UP.findall(watch.text[drawn:]))
    # The countdown alone is something new each second.
    assert 1 <= redraws <= (time.monotonic() - begin) * REDRAWS_A_SECOND + 1
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
    assert watch.is_as_it_was()
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
