# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""The manual pages hold every setting, default, variable and flag that the contract and code have."""
import re
import subprocess

import pytest
from google.protobuf import descriptor_pb2

from conftest import ROOT, SLUICE, SLUICED

CONFIG = ".sluice.config.v1.Config"
# Their fields are written without what is before them.
ROOTS = {CONFIG, ".sluice.config.v1.Service", ".sluice.config.v1.Command"}
DEFAULT = re.compile(r"Default ([\w/](?:[\w./{}]*[\w}])?)")


def manual(path):
    return (ROOT / path).read_text().replace("\\-", "-").replace("\\(en", "-")


def entries():
    """{setting or variable: its paragraph} of sluiced.8."""
    found = {}
    page = re.sub(r"\n\.TQ\n\.[BIR]+ ", " ", manual("server/app/sluiced.8"))
    for block in re.split(r"^\.TP\n", page, flags=re.M)[1:]:
        head, _, body = block.partition("\n")
        if "--" in head:
            continue
        body = re.split(r"^\.(?:SS|SH|PP)", body, flags=re.M)[0]
        body = re.sub(r"^\.[BIR]+ ", "", body, flags=re.M).replace("\n", " ")
        for word in re.findall(r"[A-Za-z_][\w.]*", re.sub(r"^\.[BIR]+ ", "", head)):
            found[word] = body
    return found


class Contract:
    """The messages of the configuration and the comments of their fields, as protoc reads them."""

    def __init__(self, directory):
        out = directory / "set"
        subprocess.run(["protoc", f"--proto_path={ROOT / 'proto'}", "--include_imports",
                        "--include_source_info", f"--descriptor_set_out={out}",
                        str(ROOT / "proto/sluice/config/v1/config.proto")], check=True)
        self.messages, self.comments = {}, {}
        for file in descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file:
            places = {tuple(p.path): p.leading_comments for p in file.source_code_info.location}
            for i, message in enumerate(file.message_type):
                name = f".{file.package}.{message.name}"
                self.messages[name] = message
                for k, field in enumerate(message.field):
                    comment = places.get((4, i, 2, k), "")
                    self.comments[name, field.name] = " ".join(comment.split())

    def settings(self, message=CONFIG, path=""):
        """(setting as the page writes it, comment) of all fields but those with fields below them."""
        for field in self.messages[message].field:
            below = field.type_name if field.type_name.startswith(".sluice") else ""
            name = f"{path}{field.name}"
            if below in ROOTS:
                yield from self.settings(below)
            elif below in self.messages and self.messages[below].field:
                yield from self.settings(below, name + ".")
                continue
            yield name, self.comments[message, field.name]


@pytest.fixture(scope="module", name="contract")
def make_contract(tmp_path_factory):
    return dict(Contract(tmp_path_factory.mktemp("contract")).settings())


def test_every_setting_has_an_entry(contract):
    assert len(contract) > 60
    assert set(contract) - set(entries()) == set()


def test_every_default_of_the_contract_is_in_its_entry(contract):
    page, checked = entries(), 0
    for setting, comment in contract.items():
        match = DEFAULT.search(comment)
        if match is None:
            continue
        word = rf"(?<![\w.]){re.escape(match[1])}(?![\w.]*\w)"
        assert re.search(word, page[setting]), (setting, comment)
        checked += 1
    assert checked > 30


def test_every_variable_of_a_command_has_an_entry():
    used = set()
    for folder in ("base", "drivers"):
        for source in (ROOT / "server" / folder).rglob("*.[ch]*"):
            used |= set(re.findall(r'"(SLUICE_[A-Z_]*[A-Z])"', source.read_text()))
    assert "SLUICE_CALL_ID" in used and "SLUICE_TARGET_ID" in used
    words = set(re.findall(r"SLUICE_[A-Z_]*[A-Z]", manual("server/app/sluiced.8")))
    assert used - words == set()


@pytest.mark.parametrize("path", ["server/app/sluiced.8", "client/sluice.1"])
def test_no_prose_is_on_a_line_of_a_macro_which_would_drop_its_spaces(path):
    lines = re.findall(r"^\.(?:BR|RB|IR|RI|BI|IB) (.*)", (ROOT / path).read_text(), flags=re.M)
    assert len(lines) > 20
    assert [line for line in lines if re.search(r"[).,;:]( \w+){2}", re.sub('"[^"]*"', "", line))] == []


def test_every_field_that_the_http_deployer_sends_has_its_name_in_the_entry():
    source = (ROOT / "server/drivers/deployer/http_deployer.cc").read_text()
    sent = set(re.findall(r'fields\["(\w+)"\]', source))
    assert {"service", "attempt", "epoch"} <= sent
    assert sent - set(re.findall(r"\w+", entries()["deployer.http.url"])) == set()
    comment = (ROOT / "proto/sluice/config/v1/config.proto").read_text()
    comment = comment.split("message HttpDeployer")[0].rsplit("}", 1)[1]
    assert sent - set(re.findall(r"\w+", comment)) == set()


def test_every_flag_of_the_daemon_is_in_its_synopsis_and_options():
    page = manual("server/app/sluiced.8")
    synopsis = page.split(".SH SYNOPSIS")[1].split(".SH")[0]
    options = page.split(".SH OPTIONS")[1].split(".SH")[0]
    told = subprocess.run([str(SLUICED), "--help"], capture_output=True, text=True, timeout=20,
                          check=True).stdout
    flags = set(re.findall(r"--[a-z-]+", told)) - {"--help", "--version"}
    assert "--data-dir" in flags
    assert flags - set(re.findall(r"--[a-z-]+", synopsis)) == set()
    assert flags - set(re.findall(r"^\.BI? (--[a-z-]+)", options, flags=re.M)) == set()


def completed(*words):
    result = subprocess.run([str(SLUICE), "__complete", *words], capture_output=True, text=True,
                            timeout=20, check=True)
    return result.stdout.split()


def test_every_command_and_flag_is_in_the_page_of_the_command_line():
    page = manual("client/sluice.1")
    words = set(re.findall(r"(?<![\w-])-{0,2}[a-z][a-z-]*", page.replace("\\fR", " ")))
    verbs = completed("")
    flags = {flag for verb in verbs for flag in completed(verb, "--")}
    assert len(verbs) > 10 and "--stage-duration" in flags
    # The long form of a strategy's parameter is its name in the contract.
    assert set(verbs) - words == set()
    assert {flag for flag in flags if not flag.endswith("-seconds")} - words == set()
