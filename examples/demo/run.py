#!/usr/bin/python3
# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""Three rollouts on real processes, and a check that each ended as it should.

Starts a fleet (fleet.py), sluiced with examples/demo.yaml, and drives them with the command line.
Usage: run.py DIRECTORY_OF_BINARIES [--keep]. Exit code 0 only when every outcome is the expected
one. Everything that was started is stopped, also after Ctrl-C; --keep leaves it running.
"""
import argparse
import contextlib
import os
import pathlib
import shlex
import shutil
import signal
import socket
import string
import subprocess
import sys
import tempfile
import time
import urllib.request

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent
FLEET = EXAMPLES / "demo" / "fleet.py"
SHOP = [f"shop-{i}" for i in range(1, 7)]
WEB = [f"web-{i}" for i in range(1, 4)]
START_SECONDS = 15
ROLLED_BACK = 3  # exit code of `sluice deploy --watch`


class Unexpected(Exception):
    """Something ended otherwise than it should."""


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.read().decode()
    except OSError as error:
        return f"no answer ({error})"


def await_that(what, condition):
    deadline = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise Unexpected(f"{what} is not there after {START_SECONDS} s")
        time.sleep(0.05)


def heading(text):
    print(f"\n── {text}\n", flush=True)


class Demo:
    def __init__(self, binaries):
        self.binaries = binaries
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sluice-demo."))
        self.processes = []
        names = [name.replace("-", "_").upper() for name in SHOP]
        names += [f"{name.replace('-', '_').upper()}_{slot}" for name in WEB
                  for slot in ("BLUE", "GREEN")]
        *ports, self.front_port = free_ports(len(names) + 1)
        self.ports = dict(zip(names, ports))
        self.environment = dict(os.environ, FLEET_DIR=str(self.directory),
                                SLUICE_ADDRESS=f"unix:{self.directory}/sluice.sock")

    # Each process leads a session: Ctrl-C reaches only this script, which then stops them all.
    def start(self, name, *command):
        log = open(self.directory / f"{name}.log", "wb")
        process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log, env=self.environment,
                                   start_new_session=True)
        log.close()
        self.processes.append(process)
        return process

    def start_fleet(self):
        (self.directory / "live").write_text("blue")
        web_addresses = [f"127.0.0.1:{self.slot_port(name, 'blue')}/{self.slot_port(name, 'green')}"
                         for name in WEB]
        (self.directory / "addresses").write_text("\n".join(web_addresses))
        for name in SHOP:
            self.start_target(name, {"blue": self.shop_port(name)})
        for name in WEB:
            self.start_target(name, {slot: self.slot_port(name, slot)
                                     for slot in ("blue", "green")})
        self.start("front", sys.executable, FLEET, "front", self.front_port)
        for name in SHOP:
            await_that(name, lambda name=name: self.shop_version(name) == "v1")
        await_that("the front", lambda: self.front_version() == "v1")

    def start_target(self, name, slots):
        directory = self.directory / name
        directory.mkdir()
        for slot in slots:
            (directory / slot).write_text("v1")
        self.start(name, sys.executable, FLEET, "supervise", directory,
                   *[f"{slot}={port}" for slot, port in slots.items()])

    def start_daemon(self):
        config = self.directory / "demo.yaml"
        template = string.Template((EXAMPLES / "demo.yaml").read_text())
        config.write_text(template.substitute(self.ports, DIRECTORY=self.directory,
                                              EXAMPLES=EXAMPLES))
        daemon = self.start("sluiced", self.binaries / "sluiced", "--config", config)
        await_that("sluiced", lambda: daemon.poll() is not None or self.is_serving())
        if daemon.poll() is not None:
            raise Unexpected("sluiced ended:\n" + (self.directory / "sluiced.log").read_text())

    def is_serving(self):
        return subprocess.run([self.binaries / "sluice", "health"], env=self.environment,
                              capture_output=True, check=False).returncode == 0

    def shop_port(self, name):
        return self.ports[name.replace("-", "_").upper()]

    def slot_port(self, name, slot):
        return self.ports[f"{name.replace('-', '_').upper()}_{slot.upper()}"]

    def shop_version(self, name):
        return get(f"http://127.0.0.1:{self.shop_port(name)}/version")

    def front_version(self):
        return get(f"http://127.0.0.1:{self.front_port}/version")

    def sluice(self, expected_exit_code, *arguments):
        print("$ sluice " + shlex.join(arguments), flush=True)
        done = subprocess.run([self.binaries / "sluice", *arguments], env=self.environment,
                              check=False)
        if done.returncode != expected_exit_code:
            raise Unexpected(f"`sluice {shlex.join(arguments)}` ended with exit code "
                             f"{done.returncode} instead of {expected_exit_code}")

    def expect_shop(self, version):
        others = {name: found for name in SHOP if (found := self.shop_version(name)) != version}
        if others:
            raise Unexpected(f"all of shop should answer {version}, but: {others}")

    def expect_front(self, version):
        if (found := self.front_version()) != version:
            raise Unexpected(f"the front of web should answer {version}, but: {found}")

    def show(self):
        heading("1. rolling: two targets at a time, each checked before the next two")
        self.sluice(0, "deploy", "shop", "v2", "--watch")
        self.expect_shop("v2")

        heading("2. canary: a version that is not healthy; the first stage stops it")
        self.sluice(ROLLED_BACK, "deploy", "shop", "v3-bad", "--strategy", "canary",
                    "--stages", "20,50,100", "--stage-duration", "2s", "--watch")
        self.expect_shop("v2")

        heading("3. blue-green: the new version beside the old one, then one switch ...")
        self.sluice(0, "deploy", "web", "v2", "--watch")
        self.expect_front("v2")

        heading("... and back")
        self.sluice(0, "rollback", "web", "--watch")
        self.expect_front("v1")

    def summarize(self):
        heading("what really answers now")
        for name in SHOP:
            print(f"  {name}  http://127.0.0.1:{self.shop_port(name)}/version  "
                  f"{self.shop_version(name)}")
        print(f"  web     http://127.0.0.1:{self.front_port}/version  {self.front_version()}\n")
        self.sluice(0, "list")

    def explain_how_to_go_on(self):
        heading("it goes on running; try")
        groups = " ".join(f"-{process.pid}" for process in self.processes)
        print(f"""  export SLUICE_ADDRESS=unix:{self.directory}/sluice.sock PATH={self.binaries}:$PATH
  sluice services
  sluice plan shop v4 --strategy canary
  sluice deploy shop v4 --strategy rolling --delay 10s --watch  # Ctrl-C leaves it running
  sluice pause shop; sluice resume shop; sluice abort shop
  sluice deploy shop v5-bad; sluice watch shop
  sluice deploy web v3 --strategy blue_green --manual-promotion
  sluice wait web --for=paused; sluice promote web

stop it:
  kill -- {groups}; rm -rf {self.directory}""")

    def stop(self):
        for process in reversed(self.processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        shutil.rmtree(self.directory)


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description="three rollouts")
    parser.add_argument("binaries", type=lambda path: pathlib.Path(path).resolve(),
                        help="directory of sluiced and sluice")
    parser.add_argument("--keep", action="store_true", help="leave everything running")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _: sys.exit(128 + got))
    demo = Demo(arguments.binaries)
    kept = False
    try:
        heading("nine targets, a front, and sluiced")
        demo.start_fleet()
        demo.start_daemon()
        demo.sluice(0, "services")
        demo.show()
        demo.summarize()
        if arguments.keep:
            demo.explain_how_to_go_on()
            kept = True
        return 0
    except Unexpected as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndemo: interrupted; everything is being stopped", file=sys.stderr)
        return 130
    finally:
        if not kept:
            demo.stop()


if __name__ == "__main__":
    sys.exit(main())
