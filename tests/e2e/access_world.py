# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""A daemon that lets in whom its grants name, and what tests ask of it."""
import signal

import grpc
import pytest

from calls import eventually, request, strategy
from security import Tokens, audit_records, stub_at


def configuration(tmp_path, grants, extra=""):
    return (f"allow_unconfigured_services: true\naccess:\n"
            f"  token_file: {tmp_path}/tokens\n  audit_file: {tmp_path}/audit.jsonl\n  grants:\n"
            + "".join(f"    - {grant}\n" for grant in grants) + extra)


def tls_config(certificates, grants, client_ca="ca.crt", optional=False, extra=""):
    ca = f"    client_ca_file: {certificates}/{client_ca}\n" if client_ca else ""
    return (f"allow_unconfigured_services: true\nlisten:\n  tls:\n"
            f"    certificate_file: {certificates}/server.crt\n"
            f"    key_file: {certificates}/server.key\n{ca}"
            f"    client_certificate_optional: {str(optional).lower()}\n"
            "access:\n  grants:\n" + "".join(f"    - {g}\n" for g in grants) + extra)


def grant(who, what, services="*"):
    return f"{{{who}, {what}, services: ['{services}']}}"


ROLES = [grant(f"token: {name}", f"role: {name}") for name in
         ("viewer", "deployer", "operator", "admin")] + [grant("token: oncall", "methods: [Rollback]")]


class World:
    """A daemon with access control, its token file and its audit trail."""

    def __init__(self, tmp_path, start_daemon, grants, **options):
        self.tokens = Tokens(tmp_path / "tokens")
        self.audit = tmp_path / "audit.jsonl"
        self.path = tmp_path
        self.daemon = start_daemon(configuration(tmp_path, grants), **options)
        self.address = f"unix:{self.daemon.socket}"

    def token(self, name, **options):
        """A token that the daemon knows by now."""
        token = self.tokens.new(name, **options)
        with stub_at(self.address, token=token) as stub:
            eventually(lambda: "not known" not in refusal(stub))
        return token

    def reload(self, grants):
        self.daemon.config.write_text(configuration(self.path, grants))
        before = self.daemon.log().count("event=reload")
        self.daemon.process.send_signal(signal.SIGHUP)
        eventually(lambda: self.daemon.log().count("event=reload") > before)

    def outcomes(self, method):
        return [(r["principal"], r["outcome"]) for r in audit_records(self.audit)
                if r["method"] == method]


def refusal(stub):
    try:
        stub.ListServices(request("ListServices"), timeout=10)
    except grpc.RpcError as error:
        return error.details()
    return ""


@pytest.fixture
def make_world(tmp_path, start_daemon):
    return lambda grants, **options: World(tmp_path, start_daemon, grants, **options)


def deploy(stub, service="web", **fields):
    return stub.Deploy(request("Deploy", service=service, version="v1", **fields,
                               strategy=strategy("FeatureFlagStrategy", initial_rollout=5)))
