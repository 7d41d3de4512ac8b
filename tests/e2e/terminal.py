# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""A program on a terminal of its own, for the tests of what people see."""
import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

import pyte

from calls import eventually

SHOW_CURSOR, HIDE_CURSOR = "\x1b[?25h", "\x1b[?25l"
WRAP, NO_WRAP = "\x1b[?7h", "\x1b[?7l"
# All that the live view itself sends: colours, erasing, up, the cursor, wrapping.
OURS = re.compile(r"\x1b\[(?:[0-9;]*m|K|J|[0-9]+A|\?25[hl]|\?7[hl])")
UP = re.compile(r"\r\x1b\[\d+A")


class Terminal:
    """A command whose controlling terminal is one of its own."""

    def __init__(self, *command, columns=80, rows=24, **env):
        self.text = ""
        # A character may come in two parts.
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.sizes = []
        self.fd, there = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(self.fd)
        # Ctrl-C reaches who has it as the controlling terminal.
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *map(str, command)], stdin=there, stdout=there, stderr=there,
            env={**os.environ, "TERM": "xterm", "LANG": "C.UTF-8", **env})
        os.close(there)

    def resize(self, columns, rows):
        self.sizes.append((len(self.text), columns, rows))
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
                self.text += self.decoder.decode(os.read(self.fd, 65536))
            except OSError:
                return False
        return True

    def await_text(self, words, begin=0):
        """Returns where the words begin."""
        try:
            eventually(lambda: words in self.text[begin:] or (self.read(0.05) and None))
        except AssertionError as error:
            raise AssertionError(f"no {words!r} in {self.text[begin:]!r}") from error
        return self.text.index(words, begin)

    def await_exit(self, seconds=20):
        eventually(lambda: not self.read(0.05), seconds)
        return self.process.wait(timeout=20)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.fd)

    def screen(self):
        """What a terminal shows by now, as pyte.Screen: its `display` are the rows."""
        _, columns, rows = self.sizes[0]
        screen = pyte.Screen(columns, rows)
        stream = pyte.Stream(screen)
        ends = [begin for begin, _, _ in self.sizes[1:]] + [len(self.text)]
        for (begin, columns, rows), end in zip(self.sizes, ends):
            screen.resize(rows, columns)
            stream.feed(self.text[begin:end])
        return screen

    def is_usable(self, end=None):
        """Whether all that the live view changes was given back up to there."""
        text = self.text[:end]
        return (termios.tcgetattr(self.fd) == self.before and
                text.rfind(SHOW_CURSOR) >= text.rfind(HIDE_CURSOR) and
                text.rfind(WRAP) >= text.rfind(NO_WRAP))
