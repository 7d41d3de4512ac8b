# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Sockets that systemd made and hands over: the daemon takes those that are meant for it."""
import socket
import subprocess

from conftest import SLUICED
from serving import assert_serves


def test_sockets_of_systemd_take_the_place_of_those_of_the_configuration(tmp_path):
    """As a socket unit starts it: both sockets are made by somebody else, who stays."""
    path = tmp_path / "given.sock"
    with socket.socket(socket.AF_UNIX) as unix, socket.socket() as tcp:
        unix.bind(str(path))
        tcp.bind(("127.0.0.1", 0))
        for listener in (unix, tcp):
            listener.listen()
        port = tcp.getsockname()[1]

        def start():
            # The daemon checks that the sockets are meant for its own process.
            script = (f'exec 3<&{unix.fileno()} 4<&{tcp.fileno()}; LISTEN_PID=$$ LISTEN_FDS=2 '
                      f'exec "{SLUICED}" --socket "{tmp_path}/own.sock" --listen 127.0.0.1:0')
            return subprocess.Popen(["bash", "-c", script], stderr=subprocess.PIPE, text=True,
                                    pass_fds=(unix.fileno(), tcp.fileno()))
        for _ in range(2):
            with start() as daemon:
                try:
                    line = daemon.stderr.readline()
                    assert f'listen="unix:{path} and 127.0.0.1:{port}"' in line
                    assert_serves(f"unix:{path}")
                    assert_serves(f"127.0.0.1:{port}")
                    assert not (tmp_path / "own.sock").exists()
                finally:
                    daemon.terminate()
            assert daemon.returncode == 0
            # It is not the daemon's to remove.
            assert path.exists()


def test_sockets_for_another_process_are_left_alone(start_daemon):
    daemon = start_daemon(env={"LISTEN_PID": "1", "LISTEN_FDS": "2"})
    assert_serves(f"unix:{daemon.socket}")


def test_an_open_socket_of_systemd_needs_tls_too(tmp_path):
    with socket.socket() as tcp:
        tcp.bind(("0.0.0.0", 0))
        tcp.listen()
        ended = subprocess.run(
            ["bash", "-c", f'exec 3<&{tcp.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec "{SLUICED}" '
             f'--socket "{tmp_path}/own.sock"'], pass_fds=(tcp.fileno(),), capture_output=True,
            text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert "which has no TLS: configure listen.tls" in ended.stderr
