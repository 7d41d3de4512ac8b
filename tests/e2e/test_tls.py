# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""TLS on the TCP address: who is let in, and certificates that are replaced while the daemon runs."""
import hashlib
import os
import shutil
import signal
import socket
import ssl
import subprocess

import grpc
import pytest

from calls import eventually, refused, request
from conftest import SLUICE
from security import Tokens, make_certificates, stub_at, tls_credentials
from access_world import audit_records, deploy, grant, refusal, tls_config

DEVELOPER = grant("certificate_common_name: developer", "role: deployer")


@pytest.fixture(name="certificates")
def _certificates(tmp_path):
    return make_certificates(tmp_path / "certs")


def served_certificate(address):
    """The fingerprint of what the server shows to a new connection."""
    host, port = address.rsplit(":", 1)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        with context.wrap_socket(plain) as tls:
            return hashlib.sha256(tls.getpeercert(binary_form=True)).hexdigest()


def fingerprint(path):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(path.read_text())).hexdigest()


def assert_no_handshake(address, credentials):
    with stub_at(address, credentials) as stub:
        with refused(grpc.StatusCode.UNAVAILABLE):
            stub.ListServices(request("ListServices"), timeout=10)


# --- Who is let in.

def test_t46_a_client_certificate_says_who_calls(start_daemon, certificates, tmp_path):
    audit = tmp_path / "audit.jsonl"
    daemon = start_daemon(tls_config(certificates, [DEVELOPER], extra=f"  audit_file: {audit}\n"))
    with stub_at(daemon.tcp_address(), tls_credentials(certificates)) as stub:
        state = deploy(stub)
        with refused(grpc.StatusCode.PERMISSION_DENIED) as error:
            stub.Abort(request("Abort", deployment_id=state.id))
    assert 'the certificate "developer" may not call Abort' in error.value.details()
    record = audit_records(audit)[0]
    assert (record["principal"], record["how"], record["outcome"]) == ("developer", "certificate", "OK")
    assert record["peer"].startswith("127.0.0.1:")


def test_t46_without_a_certificate_of_ours_there_is_no_connection(start_daemon, certificates,
                                                                  tmp_path):
    daemon = start_daemon(tls_config(certificates, [grant("anybody: true", "role: admin")]))
    assert_no_handshake(daemon.tcp_address(), tls_credentials(certificates, client=False))
    stranger = make_certificates(tmp_path / "other")
    shutil.copy(certificates / "ca.crt", stranger / "ca.crt")
    assert_no_handshake(daemon.tcp_address(), tls_credentials(stranger))
    # It is no call, so that the trail knows nothing of it; the log does, once a second at most.
    eventually(lambda: "event=handshake_failed" in daemon.log())
    assert_no_handshake(daemon.tcp_address(), None)
    # The server's own certificate is none of a client.
    for kind in ("crt", "key"):
        shutil.copy(certificates / f"server.{kind}", stranger / f"client.{kind}")
    assert_no_handshake(daemon.tcp_address(), tls_credentials(stranger))
    with stub_at(daemon.tcp_address(), tls_credentials(certificates)) as stub:
        assert refusal(stub) == ""


def test_a_client_trusts_no_other_server(start_daemon, certificates, tmp_path):
    daemon = start_daemon(tls_config(certificates, [DEVELOPER]))
    assert_no_handshake(daemon.tcp_address(), tls_credentials(make_certificates(tmp_path / "other")))


def test_an_optional_certificate_or_a_token_will_do(start_daemon, certificates, tmp_path):
    tokens = Tokens(tmp_path / "tokens")
    token = tokens.new("ci")
    daemon = start_daemon(tls_config(certificates, [DEVELOPER, grant("token: ci", "role: viewer")],
                                     optional=True, extra=f"  token_file: {tokens.path}\n"))
    bare = tls_credentials(certificates, client=False)
    with stub_at(daemon.tcp_address(), bare) as stub:
        with refused(grpc.StatusCode.UNAUTHENTICATED):
            stub.ListServices(request("ListServices"))
    with stub_at(daemon.tcp_address(), bare, token) as stub:
        assert refusal(stub) == ""
    with stub_at(daemon.tcp_address(), tls_credentials(certificates)) as stub:
        assert deploy(stub).id
    # Who sends a token is its owner, whatever the certificate says.
    with stub_at(daemon.tcp_address(), tls_credentials(certificates), token) as stub:
        with refused(grpc.StatusCode.PERMISSION_DENIED):
            deploy(stub)
    stranger = make_certificates(tmp_path / "other")
    shutil.copy(certificates / "ca.crt", stranger / "ca.crt")
    assert_no_handshake(daemon.tcp_address(), tls_credentials(stranger))


def test_without_an_authority_no_certificate_is_asked_for(start_daemon, certificates, tmp_path):
    tokens = Tokens(tmp_path / "tokens")
    token = tokens.new("ci")
    daemon = start_daemon(tls_config(certificates, [grant("token: ci", "role: viewer"), DEVELOPER],
                                     client_ca=None, extra=f"  token_file: {tokens.path}\n"))
    with stub_at(daemon.tcp_address(), tls_credentials(certificates), token) as stub:
        assert refusal(stub) == ""
    # A certificate that nobody has verified says nothing.
    with stub_at(daemon.tcp_address(), tls_credentials(certificates)) as stub:
        with refused(grpc.StatusCode.UNAUTHENTICATED):
            deploy(stub)


@pytest.mark.parametrize("version, served", [(ssl.TLSVersion.TLSv1_1, False),
                                             (ssl.TLSVersion.TLSv1_2, True),
                                             (ssl.TLSVersion.TLSv1_3, True)])
def test_no_tls_before_1_2_is_spoken(start_daemon, certificates, version, served):
    daemon = start_daemon(tls_config(certificates, [DEVELOPER], client_ca=None))
    host, port = daemon.tcp_address().rsplit(":", 1)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2"])
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        if served:
            with context.wrap_socket(plain) as tls:
                assert tls.version() == version.name.replace("v1_", "v1.")
            return
        with pytest.raises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(plain)


# --- Rotation.

def replace(certificates, other, *names):
    for name in names:
        fresh = certificates / f"{name}.fresh"
        shutil.copy(other / name, fresh)
        fresh.rename(certificates / name)


def test_t46_a_new_pair_is_served_and_open_streams_stay(start_daemon, certificates, tmp_path):
    daemon = start_daemon(tls_config(certificates, [DEVELOPER]))
    old = tls_credentials(certificates)
    before = fingerprint(certificates / "server.crt")
    with stub_at(daemon.tcp_address(), old) as stub:
        watch = stub.WatchStates(request("WatchStates"))
        watch.initial_metadata()
        other = make_certificates(tmp_path / "other")
        replace(certificates, other, "server.key", "server.crt", "ca.crt")
        eventually(lambda: "event=certificates_reloaded" in daemon.log())
        after = eventually(lambda: served_if_new(daemon, before))
        assert after == fingerprint(other / "server.crt")
        deploy(stub)
        assert next(watch).state.service == "web"
        watch.cancel()
    with stub_at(daemon.tcp_address(), tls_credentials(other)) as stub:
        assert refusal(stub) == ""
    # Clients of the authority that went are not let in any more.
    shutil.copy(certificates / "client.key", tmp_path / "client.key")
    stale = tmp_path / "stale"
    shutil.copytree(certificates, stale)
    shutil.copy(other / "ca.crt", stale / "ca.crt")
    assert_no_handshake(daemon.tcp_address(), tls_credentials(stale))


def served_if_new(daemon, before):
    served = served_certificate(daemon.tcp_address())
    return served if served != before else None


def half_rotated(certificates, other):
    replace(certificates, other, "server.crt")


def garbage(certificates, _):
    (certificates / "server.crt").write_text("-----BEGIN CERTIFICATE-----\nnonsense\n")


def deleted(certificates, _):
    (certificates / "server.key").unlink()


def readable_by_all(certificates, _):
    (certificates / "server.key").chmod(0o644)


@pytest.mark.parametrize("spoil", [half_rotated, garbage, deleted, readable_by_all])
def test_t46_what_cannot_serve_keeps_the_old_pair(start_daemon, certificates, tmp_path, spoil):
    daemon = start_daemon(tls_config(certificates, [DEVELOPER]))
    before = fingerprint(certificates / "server.crt")
    credentials = tls_credentials(certificates)
    other = make_certificates(tmp_path / "other")
    spoil(certificates, other)
    eventually(lambda: "event=certificates_refused" in daemon.log())
    assert served_certificate(daemon.tcp_address()) == before
    with stub_at(daemon.tcp_address(), credentials) as stub:
        assert deploy(stub).id
    # The rest of the rotation makes it good.
    replace(certificates, other, "server.key", "server.crt", "ca.crt")
    eventually(lambda: served_certificate(daemon.tcp_address()) ==
               fingerprint(other / "server.crt"))
    assert daemon.log().count("event=certificates_refused") <= 2
    daemon.process.send_signal(signal.SIGHUP)
    eventually(lambda: "event=reloaded" in daemon.log())


@pytest.mark.parametrize("spoil", [half_rotated, garbage, deleted, readable_by_all])
def test_a_daemon_does_not_start_with_certificates_that_cannot_serve(start_daemon, certificates,
                                                                     tmp_path, spoil):
    spoil(certificates, make_certificates(tmp_path / "other"))
    with pytest.raises(AssertionError) as error:
        start_daemon(tls_config(certificates, [DEVELOPER]))
    assert f"{certificates}/server." in str(error.value)


# --- The command line.

def cli(daemon, *arguments, env=None):
    return subprocess.run([str(SLUICE), "-a", daemon.tcp_address(), *arguments], timeout=60,
                          capture_output=True, text=True, check=False,
                          env={**os.environ, **(env or {})})


def flags(certificates, *names):
    return [word for name in names for word in (
        {"ca": "--ca", "client.crt": "--cert", "client.key": "--key"}[name],
        str(certificates / (name if "." in name else name + ".crt")))]


ALL = ("ca", "client.crt", "client.key")


def test_the_command_line_works_over_mutual_tls(start_daemon, certificates):
    daemon = start_daemon(tls_config(certificates, [DEVELOPER]))
    known = flags(certificates, *ALL)
    deployed = cli(daemon, "deploy", "web", "v1", "--strategy", "feature_flag", "--watch", *known)
    assert deployed.returncode == 0, deployed.stderr
    for verb in (["list"], ["state", "web"], ["services"], ["watch", "web"], ["health"],
                 ["wait", "web", "--for=terminal"]):
        assert cli(daemon, *verb, *known).returncode == 0, verb
    by_environment = cli(daemon, "list", env={
        "SLUICE_CA": str(certificates / "ca.crt"), "SLUICE_CERT": str(certificates / "client.crt"),
        "SLUICE_KEY": str(certificates / "client.key")})
    assert by_environment.returncode == 0, by_environment.stderr
    refused_one = cli(daemon, "rollback", "web", *known)
    assert refused_one.returncode == 6
    assert "may not call Rollback" in refused_one.stderr
    assert "grants it under `access`" in refused_one.stderr


def test_the_command_line_works_with_a_token(start_daemon, certificates, tmp_path):
    tokens = Tokens(tmp_path / "tokens")
    (tmp_path / "token").write_text(tokens.new("ci") + "\n")
    daemon = start_daemon(tls_config(certificates, [grant("token: ci", "role: deployer")],
                                     client_ca=None, extra=f"  token_file: {tokens.path}\n"))
    ca = flags(certificates, "ca")
    deploy_it = ["deploy", "web", "v1", "--strategy", "feature_flag", "--watch"]
    named = cli(daemon, *deploy_it, *ca, "--token-file", str(tmp_path / "token"))
    assert named.returncode == 0, named.stderr
    token = (tmp_path / "token").read_text().strip()
    assert cli(daemon, "watch", "web", *ca, env={"SLUICE_TOKEN": token}).returncode == 0
    without = cli(daemon, "list", *ca)
    assert without.returncode == 6
    assert "needs credentials" in without.stderr and "--token-file or SLUICE_TOKEN" in without.stderr
    unknown = cli(daemon, "list", *ca, env={"SLUICE_TOKEN": "sluice_" + "x" * 43})
    assert unknown.returncode == 6
    assert "the token is not known" in unknown.stderr and "x" * 43 not in unknown.stderr


@pytest.mark.parametrize("names, words", [
    ([], "it may want TLS (--ca)"),
    (["ca"], "it may want a certificate (--cert, --key)"),
    (["wrong"], "of another authority than --ca names"),
], ids=["plain", "no certificate", "another authority"])
def test_a_handshake_that_fails_is_explained(start_daemon, certificates, tmp_path, names, words):
    daemon = start_daemon(tls_config(certificates, [DEVELOPER]))
    given = flags(certificates, *names) if names != ["wrong"] else flags(
        make_certificates(tmp_path / "other"), *ALL)
    ended = cli(daemon, "list", *given)
    assert ended.returncode == 7
    assert words in ended.stderr, ended.stderr
    assert ended.stderr.startswith("sluice: ") and "ssl_transport_security" not in ended.stderr


def test_tls_to_an_address_without_it_is_explained(start_daemon, certificates):
    ended = cli(start_daemon(), "list", *flags(certificates, "ca"))
    assert ended.returncode == 7
    assert "No TLS is spoken there" in ended.stderr, ended.stderr


def test_a_certificate_for_another_name_is_explained(start_daemon, certificates):
    daemon = start_daemon(tls_config(certificates, [DEVELOPER]))
    port = daemon.tcp_address().rsplit(":", 1)[1]
    # The same address in a form that the certificate does not have.
    ended = subprocess.run([str(SLUICE), "-a", f"[::ffff:127.0.0.1]:{port}", "list",
                            *flags(certificates, *ALL)], timeout=60, capture_output=True, text=True,
                           check=False)
    assert ended.returncode == 7
    assert "sluice certs init --host NAME" in ended.stderr, ended.stderr
    assert "Is sluiced running" not in ended.stderr


def test_certificates_are_made_before_they_are_there(tmp_path):
    made = subprocess.run([str(SLUICE), "certs", "init", "--dir", str(tmp_path / "certs")],
                          env={**os.environ, "SLUICE_CA": str(tmp_path / "certs" / "ca.crt")},
                          timeout=20, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
