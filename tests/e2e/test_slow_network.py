# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The command line far away from its daemon: every byte takes its time."""
import contextlib
import queue
import socket
import subprocess
import threading
import time

from conftest import SLUICE

ONE_WAY_SECONDS = 0.4


class SlowLine:
    """Passes connections on to `address`, each byte later by ONE_WAY_SECONDS each way."""

    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.target = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.sockets = [self.listener]
        self.start(self.accept)

    def start(self, work, *arguments):
        threading.Thread(target=work, args=arguments, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(self.target)
                self.sockets += [near, far]
                self.carry(near, far)
                self.carry(far, near)

    def carry(self, source, sink):
        under_way = queue.Queue()
        self.start(self.read, source, under_way)
        self.start(self.write, under_way, sink)

    def read(self, source, under_way):
        data = b"?"
        while data:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            under_way.put((time.monotonic() + ONE_WAY_SECONDS, data))

    def write(self, under_way, sink):
        with contextlib.suppress(OSError):
            while True:
                due, data = under_way.get()
                time.sleep(max(0, due - time.monotonic()))
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)

    def close(self):
        for one in self.sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


def test_the_command_line_reaches_a_daemon_behind_a_slow_line(start_daemon):
    daemon = start_daemon("allow_unconfigured_services: true\n")
    with contextlib.closing(SlowLine(daemon.tcp_address())) as line:
        deployed = subprocess.run(
            [SLUICE, "--address", line.address, "deploy", "web", "v1", "--strategy",
             "rolling_strategy", "--watch"], capture_output=True, text=True, timeout=60, check=False)
    assert (deployed.returncode, deployed.stderr) == (0, "")
    assert "completed" in deployed.stdout
