#!/usr/bin/python3
# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""A small fleet on one machine: what an init system, a load balancer and the hooks of Sluice do.

A target is a directory below the fleet's with one file for each slot, which names the version that
runs there. `supervise` keeps a server process a slot running, with that version. Targets that are
replaced in place have one slot; blue-green ones have two, and the file `live` of the fleet says
which of them the front sends its requests to.

Processes:  serve VERSION PORT · supervise DIRECTORY SLOT=PORT ... · front PORT
Hooks:      deploy · deploy-idle · check-idle · version · switch
Hooks read SLUICE_* and FLEET_DIR from the environment. A target's address is HOST:PORT, or
HOST:BLUE/GREEN.
"""
import http.client
import http.server
import itertools
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

POLL_SECONDS = 0.05
START_SECONDS = 10
BAD_SUFFIX = "-bad"  # a version that starts, but is not healthy


def get(url):
    """Status and body; (0, reason) when nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except (OSError, http.client.HTTPException) as error:  # The server was just being replaced.
        return 0, str(error)


def write(path, text):
    """Readers see the old text or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.rename(path)


class Quiet(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


def serve(version, port):
    class Handler(Quiet):
        def do_GET(self):
            if self.path == "/version":
                self.answer(200, version)
            elif self.path == "/healthz" and version.endswith(BAD_SUFFIX):
                self.answer(500, f"{version}: cannot reach the database\n")
            elif self.path == "/healthz":
                self.answer(200, f"{version}: ok\n")
            else:
                self.answer(404, "there are /version and /healthz\n")

    http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()


class Slot:
    """One server process, kept at the version that the slot's file names."""

    def __init__(self, directory, slot, port):
        self.file = directory / slot
        self.port = port
        self.version = None
        self.process = None

    def wanted(self):
        return self.file.read_text() if self.file.exists() else None

    def reconcile(self):
        died = self.process is not None and self.process.poll() is not None
        if self.wanted() == self.version and not died:
            return
        self.stop()
        self.version = self.wanted()
        self.process = subprocess.Popen([sys.executable, __file__, "serve", self.version, self.port])

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None


def supervise(directory, *slots):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    running = [Slot(pathlib.Path(directory), *slot.split("=")) for slot in slots]
    try:
        while True:
            for slot in running:
                slot.reconcile()
            time.sleep(POLL_SECONDS)
    finally:
        for slot in running:
            slot.stop()


def front(port):
    """Sends each request to the live slot of the next target."""
    fleet = Fleet()
    turn = itertools.count()
    lock = threading.Lock()

    class Handler(Quiet):
        def do_GET(self):
            live = fleet.live()
            with lock:
                ports = fleet.ports[next(turn) % len(fleet.ports)]
            status, body = get(f"http://127.0.0.1:{ports[live]}{self.path}")
            self.answer(status or 502, body)

    http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()


class Fleet:
    """The blue-green part of the fleet, as the front and the router see it."""

    def __init__(self):
        self.directory = pathlib.Path(os.environ["FLEET_DIR"])
        lines = (self.directory / "addresses").read_text().split()
        self.ports = [slot_ports(line) for line in lines]

    def live(self):
        return (self.directory / "live").read_text()


def slot_ports(address):
    blue, green = address.rpartition(":")[2].split("/")
    return {"blue": blue, "green": green}


class Target:
    """The target that a hook is called for."""

    def __init__(self):
        self.version = os.environ["SLUICE_VERSION"] if "SLUICE_VERSION" in os.environ else ""
        self.address = os.environ["SLUICE_TARGET_ADDRESS"]
        self.fleet = pathlib.Path(os.environ["FLEET_DIR"])
        self.directory = self.fleet / os.environ["SLUICE_TARGET_ID"]

    def live(self):
        return (self.fleet / "live").read_text()

    def idle(self):
        return "green" if self.live() == "blue" else "blue"

    def port(self, slot):
        return slot_ports(self.address)[slot]


def install(target, slot, url):
    """Gives the slot the version and waits until it answers with it."""
    write(target.directory / slot, target.version)
    print(f"{slot} of {target.directory.name} restarts with {target.version}")
    deadline = time.monotonic() + START_SECONDS
    while get(url) != (200, target.version):
        if time.monotonic() > deadline:
            sys.exit(f"{url} does not answer {target.version} after {START_SECONDS} s")
        time.sleep(POLL_SECONDS)


def deploy():
    target = Target()
    install(target, "blue", f"http://{target.address}/version")


def deploy_idle():
    target = Target()
    slot = target.idle()
    install(target, slot, f"http://127.0.0.1:{target.port(slot)}/version")


def check_idle():
    target = Target()
    status, body = get(f"http://127.0.0.1:{target.port(target.idle())}/healthz")
    print(body.strip())
    sys.exit(0 if status == 200 else 1)


def version():
    """Of the server that gets the requests."""
    target = Target()
    slot = target.live() if "/" in target.address else "blue"
    print((target.directory / slot).read_text())


def switch():
    """Makes the slot live that runs the version, on every target."""
    fleet = pathlib.Path(os.environ["FLEET_DIR"])
    wanted = os.environ["SLUICE_VERSION"]
    targets = [file.parent for file in fleet.glob("*/green")]
    for slot in ("blue", "green"):
        if targets and all((target / slot).read_text() == wanted for target in targets):
            write(fleet / "live", slot)
            print(f"{slot} is live, with {wanted}")
            return
    sys.exit(f"no slot runs {wanted} on every target")


COMMANDS = {
    "serve": serve, "supervise": supervise, "front": front, "deploy": deploy,
    "deploy-idle": deploy_idle, "check-idle": check_idle, "version": version, "switch": switch,
}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    COMMANDS[sys.argv[1]](*sys.argv[2:])
