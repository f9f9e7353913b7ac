"""``deploy/demo.py`` as a visitor runs it: real processes, a county of a few hundred children, a free port."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
READY = "按 Ctrl-C 结束"
SECONDS = 240

pytestmark = pytest.mark.jobs


class Demo:
    """A running demo.py whose screen can be waited on."""

    def __init__(self, var: Path, port: int):
        self.var, self.port, self.lines = var, port, []
        outside = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
        env = {name: value for name, value in os.environ.items() if name not in outside}
        env |= {"POVERTYEDU_VAR": str(var), "POVERTYEDU_DEMO_SCALE": "0.025"}
        self.process = subprocess.Popen(
            [sys.executable, "deploy/demo.py", "--port", str(port)], cwd=ROOT, env=env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, encoding="utf-8",
        )  # fmt: skip
        self._reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout))
        self._reader.start()

    @property
    def screen(self) -> str:
        return "".join(self.lines)

    def wait_until_ready(self) -> "Demo":
        deadline = time.monotonic() + SECONDS
        while READY not in self.screen:
            assert self.process.poll() is None, self.screen
            assert time.monotonic() < deadline, self.screen
            time.sleep(0.1)
        return self

    def end(self, number: int = 0) -> int:
        if number:
            self.process.send_signal(number)
        code = self.process.wait(60)
        self._reader.join()
        self.process.stdout.close()
        return code

    def processes(self) -> dict[int, str]:
        """Return command lines by process id of what runs on this demo's folder, demo.py itself apart."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                env = (folder / "environ").read_bytes()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                continue
            ours = f"POVERTYEDU_VAR={self.var}\0".encode() in env + b"\0"
            if ours and command and "deploy/demo.py" not in command:
                found[int(folder.name)] = command
        return found

    def first_of(self, word: str) -> int:
        return min(pid for pid, command in self.processes().items() if word in command)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    if not Path("/proc/self/environ").exists():
        pytest.skip("needs /proc to see that no process is left")
    return tmp_path_factory.mktemp("演示 var")


@pytest.fixture
def start(var):
    started = []

    def starter(port: int = 0) -> Demo:
        started.append(Demo(var, port or free_port()))
        return started[-1]

    yield starter
    for demo in started:
        if demo.process.poll() is None:
            demo.end(signal.SIGTERM)


def test_demo_started_and_interrupted_serves_a_page_and_leaves_no_process(start, var):
    demo = start().wait_until_ready()

    with urllib.request.urlopen(f"http://127.0.0.1:{demo.port}/", timeout=10) as page:
        assert "云岭县（演示）" in page.read().decode()
    commands = " ".join(demo.processes().values())
    assert [word in commands for word in ("gunicorn", " worker ", " beat ")] == [True] * 3
    told = json.loads((var / "demo" / "accounts.json").read_text())
    assert all(account[2] in demo.screen for account in told["accounts"])

    assert demo.end(signal.SIGINT) == 0
    assert demo.processes() == {}


@pytest.fixture
def started_before(start, var):
    """The demo's data are there; a first start makes them where no test of this process has."""
    if not (var / "demo" / "accounts.json").exists():
        assert start().wait_until_ready().end(signal.SIGINT) == 0


def test_demo_started_again_keeps_the_data(started_before, start, var):
    made = (var / "demo" / "accounts.json").stat().st_mtime

    demo = start().wait_until_ready()

    assert "沿用原来的数据" in demo.screen
    assert (var / "demo" / "accounts.json").stat().st_mtime == made
    assert demo.end(signal.SIGTERM) == 0
    assert demo.processes() == {}


@pytest.mark.parametrize(("word", "title"), [("gunicorn", "网页服务"), (" worker ", "后台任务")])
def test_demo_whose_child_is_killed_says_which_and_ends_the_rest(start, word, title):
    demo = start().wait_until_ready()

    os.kill(demo.first_of(word), signal.SIGKILL)

    assert demo.end() == 1
    assert f"{title}（" in demo.screen
    assert "自己停了" in demo.screen
    assert demo.processes() == {}


def test_demo_on_a_taken_port_says_so(start):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        demo = start(taken.getsockname()[1])

        assert demo.end() == 1
    assert f"端口 {demo.port} 已被占用" in demo.screen


@pytest.mark.parametrize(
    ("filled", "told"),
    [
        ("INSERT INTO accounts_user VALUES (1);", "已有不是演示的数据"),
        (
            "INSERT INTO options_option VALUES ('county_name', '云岭县（演示）');"
            "INSERT INTO django_migrations VALUES ('students', '0001_initial'), ('students', '0002_moves');",
            "以前的版本建的，这一版不能沿用",
        ),
    ],
)
def test_demo_beside_data_it_cannot_use_touches_nothing(tmp_path, filled, told):
    database = tmp_path / "povertyedu.sqlite3"
    with sqlite3.connect(database) as other:
        other.executescript(
            "CREATE TABLE options_option (key, value); CREATE TABLE accounts_user (id); CREATE TABLE orgs_area (code);"
            f"CREATE TABLE django_migrations (app, name); {filled}"
        )
    other.close()
    before = database.read_bytes()

    demo = Demo(tmp_path, free_port())

    assert demo.end() == 1
    assert told in demo.screen
    assert database.read_bytes() == before
