# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Users on the Unix socket, and the share of watches that each caller has."""
import contextlib
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

import grpc
import pytest

from access_world import configuration, deploy, grant, make_world, refusal
from calls import eventually, refused, request
from conftest import SLUICE
from security import Tokens, audit_records, code_of, is_root, stub_at

OTHER_UID = 65534


def test_a_user_on_the_socket_is_known_by_uid(make_world):
    world = make_world([grant(f"unix_uid: {os.getuid()}", "role: viewer")])
    with stub_at(world.address) as stub:
        assert refusal(stub) == ""
        with refused(grpc.StatusCode.PERMISSION_DENIED) as error:
            deploy(stub)
    assert f"(uid {os.getuid()})" in error.value.details()
    record = eventually(lambda: audit_records(world.audit))[-1]
    assert (record["how"], record["outcome"]) == ("unix", "PERMISSION_DENIED")
    assert record["peer"] == f"unix:pid={os.getpid()},uid={os.getuid()}"


def test_a_group_on_the_socket_is_known(make_world):
    world = make_world([grant(f"unix_gid: {os.getgid()}", "role: viewer")])
    with stub_at(world.address) as stub:
        assert refusal(stub) == ""


@pytest.mark.skipif(not is_root(), reason="needs root to call as another user")
def test_two_users_on_the_socket_are_told_apart(start_daemon, tmp_path):
    place = pathlib.Path(tempfile.mkdtemp(prefix="sluice-uid-"))
    place.chmod(0o755)
    program = shutil.copy(SLUICE, place / "sluice")
    try:
        daemon = start_daemon(configuration(tmp_path, [
            grant("unix_uid: 0", "role: admin"), grant(f"unix_uid: {OTHER_UID}", "role: viewer")
        ]).replace(f"  token_file: {tmp_path}/tokens\n", ""), directory=place)
        daemon.socket.chmod(0o666)

        def cli(uid, *arguments):
            return subprocess.run([program, "-a", f"unix:{daemon.socket}", *arguments], user=uid,
                                  extra_groups=[], capture_output=True, text=True, timeout=30,
                                  check=False)
        # Often and by turns: descriptors are used again.
        for _ in range(5):
            by_other = cli(OTHER_UID, "deploy", "web", "v1", "--strategy", "feature_flag")
            assert by_other.returncode == 6 and f"uid {OTHER_UID}" in by_other.stderr
            by_root = cli(0, "deploy", "web", "v1", "--strategy", "feature_flag")
            assert by_root.returncode == 0, by_root.stderr
            assert cli(OTHER_UID, "list").returncode == 0
        assert daemon.process.poll() is None
    finally:
        shutil.rmtree(place)


def test_one_caller_opens_no_more_watches_than_its_share(start_daemon, tmp_path):
    tokens = Tokens(tmp_path / "tokens")
    one, other = tokens.new("one"), tokens.new("other")
    daemon = start_daemon("limits: {max_watches_per_principal: 3}\n" + configuration(
        tmp_path, [grant(f"token: {name}", "role: viewer") for name in ("one", "other")]))
    address = f"unix:{daemon.socket}"

    def open_watch(stub):
        stream = stub.WatchStates(request("WatchStates"))
        stream.initial_metadata()
        return stream

    with stub_at(address, token=one) as stub, stub_at(address, token=other) as another:
        held = [open_watch(stub) for _ in range(3)]
        with refused(grpc.StatusCode.RESOURCE_EXHAUSTED) as error:
            next(open_watch(stub))
        assert '3 watches of "token one" are open already' in error.value.details()
        open_watch(another).cancel()
        for stream in held:
            stream.cancel()
        eventually(lambda: code_of(lambda: stub.WatchStates(
            request("WatchStates"), timeout=1)) == grpc.StatusCode.DEADLINE_EXCEEDED)


def test_callers_of_one_name_have_shares_of_their_own(start_daemon, tmp_path):
    tokens = Tokens(tmp_path / "tokens")
    user = pwd.getpwuid(os.getuid()).pw_name
    nobody, namesake = tokens.new("anonymous"), tokens.new(user)
    daemon = start_daemon("limits: {max_watches_per_principal: 1}\n" + configuration(
        tmp_path, ["{anybody: true, role: viewer, services: ['*']}"] +
        [grant(f"token: {name}", "role: viewer") for name in ("anonymous", user)]))
    unix, tcp = f"unix:{daemon.socket}", daemon.tcp_address()
    with contextlib.ExitStack() as stack:
        for address, token in ((unix, None), (unix, namesake), (tcp, None), (tcp, nobody)):
            stub = stack.enter_context(stub_at(address, token=token))
            stream = stub.WatchStates(request("WatchStates"))
            # It is let in: a refused stream has its end before anything else.
            stream.initial_metadata()
            with refused(grpc.StatusCode.RESOURCE_EXHAUSTED):
                next(stub.WatchStates(request("WatchStates")))
            stack.callback(stream.cancel)
            assert stream.is_active()
