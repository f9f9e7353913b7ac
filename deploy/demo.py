"""``make demo``: the fictional county on this machine, until Ctrl-C.

Makes what is not there yet (database, static files, the county), then keeps a web server, a worker and
beat running as child processes, each in a process group of its own, and ends every one of them at the
end. Run by the virtualenv's Python; imports the standard library only, so that it can say what is wrong.

``POVERTYEDU_VAR`` names the folder for data (default ``var``), ``POVERTYEDU_DEMO_SCALE`` the size of the
county (1 is about 12,000 children; tests use less).
"""

import argparse
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import unicodedata
import urllib.error
import urllib.request
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("POVERTYEDU_VAR") or ROOT / "var").resolve()
KEPT = VAR / "demo"  # workbooks, logs and accounts of the demo
DATABASE = VAR / "povertyedu.sqlite3"
HOST = "127.0.0.1"
CHILDREN = 12_000
MARK = "演示"  # part of the county's name in a database that this programme made
ANSWER_SECONDS = 60
STOP_SECONDS = 15


class DemoError(Exception):
    """The demo cannot go on; the message is a Chinese sentence that says what to do."""


class Stopped(Exception):
    """Somebody asked the demo to end."""


@dataclass
class Service:
    """One process that must run as long as the demo does."""

    title: str
    arguments: list[str]
    log: Path
    process: subprocess.Popen | None = None

    def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.arguments], cwd=ROOT, env=environment(),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    @property
    def is_left(self) -> bool:
        """Whether any process of the service's group is left; the group's number is its first process's."""
        if self.process is None:
            return False
        self.process.poll()
        return group_lives(self.process.pid)

    def ask_to_end(self) -> None:
        """Tell the first process to end what it began; without it, tell those it left behind."""
        if self.process.poll() is None:
            self.process.terminate()
        else:
            self._signal_group(signal.SIGTERM)

    def kill(self) -> None:
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    @property
    def last_words(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-12:])


def group_lives(group: int) -> bool:
    """Return whether a process group has a member that runs; one that only waits to be reaped does not count."""
    if not Path("/proc/self/stat").exists():
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        return True
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, pgrp = stat.read_text().rpartition(")")[2].split()[:3]
        except (OSError, ValueError):
            continue  # it ended while we looked
        if int(pgrp) == group and state not in "ZX":
            return True
    return False


def environment(**more: str) -> dict[str, str]:
    """Return the environment of every child: SQLite and the file broker, whatever the caller's shell is set to."""
    outside = {"DATABASE_URL", "REDIS_URL", "POVERTYEDU_DEBUG"}
    kept = {name: value for name, value in os.environ.items() if name not in outside}
    ours = {
        "POVERTYEDU_VAR": str(VAR),
        "DJANGO_SETTINGS_MODULE": "povertyedu.settings.dev",
        "PYTHONUNBUFFERED": "1",
    }
    return kept | ours | more


# --- what must be there before anything starts ------------------------------------------------------


def check_machine(port: int) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036  whoever runs this has not read pyproject.toml
        raise DemoError(f"需要 Python 3.11 或更新版本，现在是 {sys.version.split()[0]}。")
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DemoError(
                f"端口 {port} 已被占用，可能演示已经在运行。请先关掉占用它的程序，或换一个端口：make demo DEMO_PORT={port + 1}。"
            ) from error


def manage(*arguments: str, **env: str) -> str:
    """Run a management command in its own group and return its stdout; what it tells goes on to the screen."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment(**env), stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL, text=True, encoding="utf-8", start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if process.returncode:
        raise DemoError(f"“manage.py {arguments[0]}”没有成功（代码 {process.returncode}），原因见上。")
    return output


def what_is_there() -> str:
    """Return what the database holds: "nothing", "demo", "older" (a demo that this version cannot go on with), or
    "other" data that must not be touched."""
    if not DATABASE.exists():
        return "nothing"
    with closing(sqlite3.connect(f"file:{quote(str(DATABASE))}?mode=ro", uri=True)) as database:
        try:
            name = database.execute("SELECT value FROM options_option WHERE key = 'county_name'").fetchone()
            if name and MARK in name[0]:
                applied = set(database.execute("SELECT app, name FROM django_migrations"))
                return "older" if made_by_gone(applied) else "demo"
            used = database.execute(
                "SELECT EXISTS (SELECT 1 FROM accounts_user), EXISTS (SELECT 1 FROM orgs_area)"
            )
            return "other" if any(used.fetchone()) else "nothing"
        except sqlite3.OperationalError:  # no such table: never migrated
            return "nothing"


def made_by_gone(applied: set[tuple[str, str]]) -> bool:
    """Return whether a migration of ours was applied that is no more: before the first release they may be made anew."""
    folders = [*ROOT.glob("*/migrations"), *ROOT.glob("povertyedu/*/migrations")]
    files = {(folder.parent.name, path.stem) for folder in folders for path in folder.glob("0*.py")}
    ours = {app for app, _ in files}
    return any(app in ours and (app, name) not in files for app, name in applied)


def prepare_data(scale: float) -> None:
    """Make the county unless it is there; it is built beside and put in place whole, or not at all."""
    there = what_is_there()
    if there == "other":
        raise DemoError(
            f"{DATABASE} 里已有不是演示的数据，不会改动。请换一个数据文件夹再试：POVERTYEDU_VAR=var-demo make demo。"
        )
    if there == "older":
        raise DemoError(
            f"{DATABASE} 里的演示数据是以前的版本建的，这一版不能沿用，也不会改动。"
            "请换一个数据文件夹：POVERTYEDU_VAR=var-demo make demo；或移走这个文件，再运行 make demo 重新建立。"
        )
    if there == "demo":
        print("演示数据已在，沿用原来的数据。", flush=True)
        manage("migrate", "--noinput", "--verbosity", "0")
        return
    print("第一次启动，建立虚构的云岭县（几分钟）：", flush=True)
    building = KEPT / "building.sqlite3"
    for left in KEPT.glob("building.sqlite3*"):
        left.unlink()
    beside = {"DATABASE_URL": f"sqlite:///{quote(str(building))}"}
    manage("migrate", "--noinput", "--verbosity", "0", **beside)
    made = manage("make_demo", "--children", str(round(CHILDREN * scale)), **beside)
    # the solver of teachers' plans prints a banner of its own, before or after
    answer = next(line for line in made.splitlines() if line.startswith("{"))
    (KEPT / "accounts.json").write_text(answer, encoding="utf-8")
    for left in VAR.glob(f"{DATABASE.name}*"):
        left.unlink()  # an empty one, and what belongs to it
    building.replace(DATABASE)


def prepare_static() -> None:
    """Collect static files when a source or the installed packages are newer than the last collection."""
    manifest = VAR / "static" / "staticfiles.json"
    sources = [*ROOT.glob("*/static/**/*"), *ROOT.glob("*/*/static/**/*"), ROOT / "requirements.txt"]
    newest = max(path.stat().st_mtime for path in sources)
    if not manifest.exists() or manifest.stat().st_mtime < newest:
        print("整理页面样式文件……", flush=True)
        shutil.rmtree(manifest.parent, ignore_errors=True)
        manage("collectstatic", "--noinput", "--verbosity", "0")


# --- running ----------------------------------------------------------------------------------------


def services(port: int) -> list[Service]:
    logs = KEPT / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    celery = ["celery", "-A", "povertyedu.celery"]
    web = ["gunicorn", "povertyedu.wsgi", "--bind", f"{HOST}:{port}", "--threads", "8", "--no-control-socket",
           "--graceful-timeout", "5", "--log-level", "warning"]  # fmt: skip
    return [
        Service("网页服务（gunicorn）", web, logs / "web.log"),
        Service(
            "后台任务（celery worker）", [*celery, "worker", "--loglevel", "WARNING"], logs / "worker.log"
        ),
        Service("定时任务（celery beat）", [*celery, "beat", "--loglevel", "WARNING"], logs / "beat.log"),
    ]


def wait_for_page(running: list[Service], address: str) -> None:
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        check_alive(running)
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except urllib.error.HTTPError as error:
            raise DemoError(
                f"页面打不开（{error.code}），日志在 {running[0].log}：\n{running[0].last_words}"
            ) from error
        except OSError:
            time.sleep(0.2)
    raise DemoError(f"{ANSWER_SECONDS} 秒内页面没有响应，日志在 {running[0].log}：\n{running[0].last_words}")


def check_alive(running: list[Service]) -> None:
    for service in running:
        if service.process.poll() is not None:
            code = service.process.returncode
            raise DemoError(
                f"{service.title}自己停了（代码 {code}），日志在 {service.log}：\n{service.last_words}"
            )


def stop(running: list[Service]) -> list[Service]:
    """End every process of every service, gently first, and return the services of which something is left."""
    for service in running:
        service.ask_to_end()
    if not gone(running, STOP_SECONDS):
        for service in running:
            service.kill()
        gone(running, 5)
    return [service for service in running if service.is_left]


def gone(running: list[Service], seconds: float) -> bool:
    """Wait until no process of any service is left, at most ``seconds``; return whether that is so."""
    deadline = time.monotonic() + seconds
    while left := [service for service in running if service.is_left]:
        if time.monotonic() > deadline:
            return False
        for service in left:
            if service.process.poll() is not None:
                service.ask_to_end()  # its first process has ended, others of it have not
        time.sleep(0.1)
    return True


def show(address: str, seconds: float) -> None:
    """Print the address, an account per role and where the sample workbooks are."""
    told = json.loads((KEPT / "accounts.json").read_text(encoding="utf-8"))
    rows = [("角色", "范围", "账号", "姓名"), *told["accounts"]]
    widths = [max(width(row[column]) for row in rows) for column in range(4)]
    print(f"\n云岭县（虚构的演示数据）已就绪，用了 {seconds:.0f} 秒：{address}\n")
    for row in rows:
        print("  " + "  ".join(cell + " " * (widths[i] - width(cell)) for i, cell in enumerate(row)).rstrip())
    print(f"\n  所有账号的密码都是  {told['password']}")
    print(f"  可以导入的样例工作簿和学生案例在  {KEPT}")
    print("  按 Ctrl-C 结束；数据保留，下次启动只要几秒。\n", flush=True)


def width(text: str) -> int:
    """Return how many columns ``text`` takes on a screen: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def serve(port: int, started: float) -> None:
    """Run the services until one of them dies (DemoError) or somebody asks to end (Stopped); leave none behind."""
    running: list[Service] = []
    address = f"http://{HOST}:{port}/"
    try:
        for service in services(port):
            service.start()
            running.append(service)
        wait_for_page(running, address)
        show(address, time.monotonic() - started)
        while True:
            time.sleep(0.5)
            check_alive(running)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        print("正在结束……", flush=True)
        if left := stop(running):
            raise DemoError("没能结束：" + "、".join(f"{s.title} 进程组 {s.process.pid}" for s in left))


def main() -> int:
    parser = argparse.ArgumentParser(description="在本机运行演示县。")
    parser.add_argument("--port", type=int, default=8000)
    port = parser.parse_args().port

    def ask_to_stop(number, frame):
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask_to_stop)
    started = time.monotonic()
    try:
        check_machine(port)
        KEPT.mkdir(parents=True, exist_ok=True)
        prepare_data(float(os.environ.get("POVERTYEDU_DEMO_SCALE") or 1))
        prepare_static()
        serve(port, started)
    except Stopped:
        print("演示已结束，数据保留。")
    except DemoError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
