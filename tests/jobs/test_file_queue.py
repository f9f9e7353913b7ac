"""The broker of files: a message is there whole or not at all, and one that cannot be read ends no worker."""

import multiprocessing
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

from povertyedu import file_queue  # noqa: F401  names the transport
from povertyedu.settings.environment import broker

MESSAGES = 1500


def connect(folder: Path) -> Connection:
    """Connect to the broker of an installation without Redis, on folders below ``folder``."""
    settings = broker("", "q")
    options = settings["broker_transport_options"] | {
        "data_folder_in": str(folder / "messages"), "data_folder_out": str(folder / "messages"), "control_folder": str(folder / "control"),
    }  # fmt: skip
    return Connection(settings["broker_url"], transport_options=options)


def message(number: int) -> dict:
    return {"number": number, "text": "云岭" * 400}


def write_all(folder: Path) -> None:
    with connect(folder) as connection:
        channel = connection.channel()
        for number in range(MESSAGES):
            channel._put("q", message(number))


@pytest.fixture
def folder(tmp_path):
    for name in ("messages", "control"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def channel(folder):
    with connect(folder) as connection:
        yield connection.channel()


def test_reader_beside_a_writing_process_gets_every_message_whole(folder, channel):
    writer = multiprocessing.get_context("spawn").Process(target=write_all, args=(folder,))
    writer.start()
    received = []
    while len(received) < MESSAGES:
        is_writing = writer.is_alive()
        try:
            received.append(channel._get("q"))
        except Empty:
            assert is_writing, f"{len(received)} of {MESSAGES} messages came"
    writer.join()
    assert sorted(each["number"] for each in received) == list(range(MESSAGES))
    assert all(each == message(each["number"]) for each in received)


def test_message_that_cannot_be_read_is_dropped_and_the_next_one_comes(folder, channel):
    (folder / "messages" / "0_empty.q.msg").write_bytes(b"")
    (folder / "messages" / "1_torn.q.msg").write_text('{"number"')
    channel._put("q", message(1))
    assert channel._get("q") == message(1)
    with pytest.raises(Empty):
        channel._get("q")


def test_unfinished_message_is_none(folder, channel):
    (folder / "messages" / ".5_x.q.msg").write_text('{"number"')
    assert channel._size("q") == 0
    with pytest.raises(Empty):
        channel._get("q")
