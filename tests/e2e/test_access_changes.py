# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Tokens and grants change while the daemon runs. Rows of the fault list are named."""
import pathlib
import signal
import time

import grpc
import pytest

from access_world import configuration, deploy, grant, make_world, refusal
from calls import eventually, refused, request
from security import stub_at


def test_t46_a_token_counts_as_soon_as_it_is_in_the_file_and_no_longer(make_world):
    world = make_world([grant("token: ci", "role: viewer")])
    old = world.token("ci")
    with stub_at(world.address, token=old) as with_old:
        watch = with_old.WatchStates(request("WatchStates"))
        watch.initial_metadata()
        new = world.token("ci")
        assert refusal(with_old) == ""
        world.tokens.revoke(old)
        with refused(grpc.StatusCode.UNAUTHENTICATED) as error:
            next(watch)
        assert "was revoked" in error.value.details()
        assert "not known" in refusal(with_old)
    with stub_at(world.address, token=new) as with_new:
        assert refusal(with_new) == ""
    eventually(lambda: ("ci", "UNAUTHENTICATED") in world.outcomes("WatchStates"))


def test_t46_a_watch_ends_when_its_token_expires(make_world):
    world = make_world([grant("token: ci", "role: viewer")])
    expiry = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 4))
    with stub_at(world.address, token=world.token("ci", expiry=expiry)) as stub:
        with refused(grpc.StatusCode.UNAUTHENTICATED) as error:
            next(stub.WatchStates(request("WatchStates"), timeout=30))
    assert "expired" in error.value.details()


def test_a_token_file_with_faults_keeps_the_tokens(make_world):
    world = make_world([grant("token: ci", "role: viewer")])
    token = world.token("ci")
    world.tokens.write("this is no line of a token file, is it\n")
    eventually(lambda: "event=tokens_refused" in world.daemon.log())
    with stub_at(world.address, token=token) as stub:
        assert refusal(stub) == ""
    world.tokens.write()
    eventually(lambda: "event=tokens_reloaded" in world.daemon.log().split("tokens_refused")[1])


def test_grants_are_taken_with_a_reload(make_world):
    world = make_world([grant("token: ci", "role: viewer")])
    with stub_at(world.address, token=world.token("ci")) as stub:
        watch = stub.WatchStates(request("WatchStates"))
        watch.initial_metadata()
        world.reload([grant("token: ci", "role: deployer", "web")])
        deploy(stub)
        assert next(watch).state.service == "web"
        world.reload([grant("token: other", "role: viewer")])
        # What was under way when the grant went may still come.
        with refused(grpc.StatusCode.PERMISSION_DENIED):
            for _ in range(100):
                next(watch)
        assert "has no grant" in refusal(stub)


@pytest.mark.parametrize("text, words", [
    ("allow_unconfigured_services: true\n", "everybody could do everything"),
    (configuration(pathlib.Path("/nowhere"), ["{anybody: true, role: admin, services: ['*']}"]),
     "/nowhere/tokens"),
    (None, "no user")], ids=["no access", "no token file", "no user"])
def test_a_reload_that_cannot_be_meant_keeps_the_grants(make_world, tmp_path, text, words):
    world = make_world([grant("token: ci", "role: viewer")])
    token = world.token("ci")
    if text is None:
        text = configuration(tmp_path, [grant("unix_user: no-such-user-here", "role: admin")])
    world.daemon.config.write_text(text)
    world.daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "event=reload_refused" in world.daemon.log())
    eventually(lambda: words in world.daemon.log())
    with stub_at(world.address, token=token) as stub:
        assert refusal(stub) == ""
        with refused(grpc.StatusCode.PERMISSION_DENIED):
            deploy(stub)
