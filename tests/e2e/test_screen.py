# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""What a terminal shows of the live view: one page, whole, with nothing of the pages before it."""
import contextlib
import re
import time

import pytest

from calls import eventually
from conftest import SLUICE
from terminal import UP, WRAP, Terminal
from test_terminal import waiting


@pytest.fixture(name="wait_with")
def make_wait_with(start_daemon, make_fleet):
    """A function that gives the daemon of a deployment of so many targets that waits."""
    return lambda targets: waiting(start_daemon, make_fleet(targets))[0]


def rows_of(terminal):
    return [row.rstrip() for row in terminal.screen().display]


def page_of(terminal):
    """What is on the screen, the numbers and the bars aside: they go on from page to page."""
    text = "\n".join(rows_of(terminal)).rstrip()
    # A time goes on from "900ms" to "1.2s", and from "1m" to "59s".
    text = re.sub(r"[\d.]+(?:(?:ms|[hms])\b)?", "0", text)
    return re.sub(r"[━─█░]+", "=", text)


def printed(terminal, daemon, **size):
    """The same page, printed once."""
    state = terminal(daemon, "state", "web", **size)
    state.await_exit()
    return page_of(state)


def redrawn(watch, times):
    begin = len(watch.text)
    eventually(lambda: watch.read(0.05) and len(UP.findall(watch.text[begin:])) >= times)
    watch.await_text(WRAP, watch.text.rindex("Deployment:"))


@pytest.mark.parametrize("size", [{"columns": 80, "rows": 40}, {"columns": 120, "rows": 50}])
def test_it_shows_what_state_prints(wait_with, terminal, size):
    daemon = wait_with(6)
    watch = terminal(daemon, "watch", "web", **size)
    watch.await_text(" left")
    for _ in range(2):
        redrawn(watch, 1)
        assert page_of(watch) == printed(terminal, daemon, **size)
    assert watch.screen().cursor.hidden


def test_the_last_page_stays_with_the_cursor_below_it(start_daemon, make_fleet, terminal):
    daemon = start_daemon("services:\n" + make_fleet(3).service())
    size = {"columns": 100, "rows": 40}
    deploy = terminal(daemon, "deploy", "web", "v2", "--strategy", "rolling", "--delay", "1s",
                      "--watch", **size)
    assert deploy.await_exit() == 0
    page = page_of(deploy)
    assert page == printed(terminal, daemon, **size)
    cursor = deploy.screen().cursor
    assert not cursor.hidden
    assert (cursor.x, cursor.y) == (0, page.count("\n") + 1)


def test_ctrl_c_leaves_one_page_and_its_words(wait_with, terminal):
    daemon = wait_with(3)
    size = {"columns": 100, "rows": 40}
    watch = terminal(daemon, "watch", "web", **size)
    redrawn(watch, 2)
    watch.type("\x03")
    assert watch.await_exit() == 130
    page = page_of(watch)
    assert page.startswith(printed(terminal, daemon, **size))
    assert page.count("stopped watching; the deployment") == 1
    assert not watch.screen().cursor.hidden


def test_after_each_new_size_there_is_one_page(wait_with, terminal):
    daemon = wait_with(3)
    watch = terminal(daemon, "watch", "web", columns=80, rows=30)
    redrawn(watch, 1)
    for columns, rows in [(120, 40), (60, 30), (100, 24), (80, 40)]:
        watch.resize(columns, rows)
        redrawn(watch, 2)
        assert page_of(watch).count("Deployment:") == 1
        assert page_of(watch).count(" left") == 1
    assert page_of(watch) == printed(terminal, daemon, columns=80, rows=40)


def test_a_page_that_is_too_high_is_shortened_and_stays_in_place(wait_with, terminal):
    watch = terminal(wait_with(30), "watch", "web", columns=80, rows=12)
    watch.await_text(" left")
    for _ in range(3):
        redrawn(watch, 1)
        rows = rows_of(watch)
        assert rows[0].startswith("Deployment:"), rows
        assert sum(row.startswith("Deployment:") for row in rows) == 1
        assert any(" left" in row for row in rows), rows


@pytest.mark.parametrize("rows", [2, 3, 6])
def test_a_screen_of_a_few_rows_is_not_scrolled(wait_with, terminal, rows):
    watch = terminal(wait_with(3), "watch", "web", columns=80, rows=rows)
    watch.await_text("Deployment:")
    # For some redraws, where there is anything new to be seen.
    watch.read(2)
    assert rows_of(watch)[0].startswith("Deployment:"), rows_of(watch)


def test_what_was_on_the_screen_before_stays_above(wait_with, terminal):
    daemon = wait_with(2)
    shell = Terminal("bash", "--norc", "--noprofile", "--noediting", "-i", columns=100, rows=40,
                     PS1="ready> ", SLUICE_ADDRESS=f"unix:{daemon.socket}")
    with contextlib.closing(shell):
        shell.await_text("ready> ")
        shell.type("echo one; echo two; stty -echo\n")
        shell.await_text("ready> ", shell.await_text("two\r\n"))
        shell.type(f"{SLUICE} watch web\n")
        redrawn(shell, 3)
        rows = rows_of(shell)
        assert rows[1:3] == ["one", "two"]
        assert sum(row.startswith("Deployment:") for row in rows) == 1
        shell.type("\x03")
        shell.await_text("takes it back")
        time.sleep(0.1)
        shell.type("exit\n")
        shell.await_exit()
        assert rows_of(shell)[1:3] == ["one", "two"]
