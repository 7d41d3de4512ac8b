# Copyright 2026 The Sluice Authors
# SPDX-License-Identifier: Apache-2.0
"""What a start refuses as its data directory: its kind, its owner, its disk, and newer data."""
import os
import pathlib
import pwd
import resource
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time

import pytest

from calls import flag, run_sluiced
from conftest import SLUICED
from security import is_root

EXIT_CONFIG = 78
OPEN = "allow_unconfigured_services: true\n"


def make_file(place):
    (place / "data").write_text("x")


def make_link(place):
    (place / "other").mkdir(mode=0o700)
    (place / "data").symlink_to(place / "other")


def make_foreign(place):
    if not is_root():
        pytest.skip("only root can give a directory away")
    (place / "data").mkdir(mode=0o700)
    os.chown(place / "data", 12345, 12345)


def refuses(config, place, code=1, **how):
    """The one line with which sluiced gives up."""
    begin = time.monotonic()
    ended = subprocess.run([str(how.pop("program", SLUICED)), "--socket", f"{place}/s.sock",
                            "--config", str(config)], capture_output=True, text=True, timeout=10,
                           check=False, **how)
    assert ended.returncode == code
    assert time.monotonic() - begin < 5
    lines = ended.stderr.splitlines()
    begins_with = "sluiced: " if code == 1 else f"{config}:1:1: data_dir: "
    assert len(lines) == 1 and lines[0].startswith(begins_with), ended.stderr
    return lines[0]


@pytest.mark.parametrize("make, words", [
    (make_file, "is not a directory"),
    (make_link, "is a symbolic link; name the directory itself"),
    (make_foreign, "belongs to user 12345"),
    (lambda place: None, "No such file or directory; create"),
], ids=["file", "link", "foreign", "no parent"])
def test_t07_what_is_no_data_directory_is_refused(tmp_path, make, words):
    make(tmp_path)
    path = tmp_path / "data" if list(tmp_path.iterdir()) else tmp_path / "missing" / "data"
    config = tmp_path / "sluice.yaml"
    config.write_text(f"data_dir: {path}\n")
    line = refuses(config, tmp_path, EXIT_CONFIG)
    assert f"data_dir: {path} " in line or f"cannot make {path}:" in line
    assert words in line
    # Whose it has to be depends on who starts the daemon.
    checked = run_sluiced("--check", "--config", config)
    if make is make_foreign:
        assert checked.returncode == 0
    else:
        assert (checked.returncode, checked.stderr) == (EXIT_CONFIG, line + "\n")


def test_t07_a_read_only_data_directory_is_refused():
    # A place that everybody reaches: root may write wherever it likes, so nobody has to try.
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        os.chmod(place, 0o755)
        program = shutil.copy(SLUICED, place)
        (place / "data").mkdir(mode=0o500)
        config = place / "sluice.yaml"
        config.write_text(f"data_dir: {place}/data\n")
        how = {}
        if is_root():
            nobody = pwd.getpwnam("nobody")
            os.chown(place / "data", nobody.pw_uid, nobody.pw_gid)
            how = {"user": "nobody", "group": nobody.pw_gid, "extra_groups": []}
        line = refuses(config, place, EXIT_CONFIG, program=program, **how)
        assert f"cannot make files in {place}/data: Permission denied" in line
        checked = subprocess.run([program, "--check", "--config", config], capture_output=True,
                                 text=True, timeout=10, check=False, **how)
        assert checked.returncode == 1
        first, second = checked.stderr.splitlines()
        assert first == line and "check as the user that sluiced runs as" in second


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 512 KB."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(place)],
                      capture_output=True, check=False).returncode != 0:
        pytest.skip("nothing may be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place, left):
    """Writes until there are no more than so many bytes left; returns the file."""
    with open(place / "filler", "wb", buffering=0) as filler:
        with pytest.raises(OSError):
            while True:
                filler.write(bytes(4096))
        filler.truncate(filler.tell() - left)
    return place / "filler"


# As much as lets SQLite open its file, and not write to its log.
@pytest.mark.parametrize("is_new, left", [(True, 0), (False, 0), (False, 32 * 1024)])
def test_t07_a_full_disk_is_refused_at_the_start(small_disk, tmp_path, start_daemon, is_new, left):
    config = f"{OPEN}data_dir: {small_disk}/data\n"
    acknowledged = []
    if not is_new:
        daemon = start_daemon(config, directory=tmp_path)
        acknowledged = [flag(daemon, number).id for number in range(3)]
        assert daemon.stop() == 0
    filler = fill(small_disk, left)
    path = tmp_path / "sluice.yaml"
    path.write_text(config)
    line = refuses(path, tmp_path)
    assert str(small_disk / "data") in line and ("is full" in line or "No space" in line)
    filler.unlink()
    daemon = start_daemon(config, directory=tmp_path)
    assert [flag(daemon, number).id for number in range(len(acknowledged))] == acknowledged


@pytest.mark.parametrize("most", [0, 4096, 20_000])
def test_t07_files_that_may_not_grow_are_refused_at_the_start(tmp_path, most):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    config = tmp_path / "sluice.yaml"
    config.write_text(f"data_dir: {tmp_path}/data\n")
    line = refuses(config, tmp_path, preexec_fn=limit)
    assert f"{tmp_path}/data/" in line and "File too large" in line


def test_t08_a_second_daemon_on_the_data_is_told_who_has_it(start_daemon, tmp_path):
    daemon = start_daemon(OPEN, durable=True)
    line = refuses(daemon.config, tmp_path)
    assert f"is locked by process {daemon.process.pid};" in line
    assert flag(daemon, 1).id == flag(daemon, 1).id


def test_t10_the_data_of_a_newer_program_is_not_touched(start_daemon):
    daemon = start_daemon(OPEN, durable=True)
    flag(daemon, 1)
    assert daemon.stop() == 0
    [path] = daemon.data_dir.glob("*.db")
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    before = {file.name: (file.read_bytes(), file.stat().st_mtime_ns)
              for file in daemon.data_dir.iterdir() if "lock" not in file.name}
    line = refuses(daemon.config, daemon.directory)
    assert "was written by a newer sluiced (schema 99" in line
    assert before == {file.name: (file.read_bytes(), file.stat().st_mtime_ns)
                      for file in daemon.data_dir.iterdir() if "lock" not in file.name}
