"""The broker of an installation without Redis: kombu's queue of files, made safe to read while it is written.

kombu gives a message its final name before it has written it. A worker that looks in that moment reads nothing, and ends of it.
Here a message comes under its name whole. What cannot be read all the same is dropped: the job's row is the truth
(docs/adr/0006-jobs.md), and the sweep sends it again.
"""

import logging
import os
import uuid
from time import monotonic

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

SCHEME = "files"
log = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    def _put(self, queue, payload, **kwargs) -> None:
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        path = os.path.join(self.data_folder_out, name)
        unfinished = os.path.join(self.data_folder_out, f".{name}")  # no queue's name for a message
        try:
            with open(unfinished, "w", encoding="utf-8") as file:
                file.write(dumps(payload))
            os.replace(unfinished, path)
        except OSError as error:
            raise ChannelError(f"Cannot add file {path!r} to directory") from error

    def _get(self, queue):
        while True:
            try:
                return super()._get(queue)
            except ValueError:
                log.warning("A message that cannot be read was dropped.")

    def get_table(self, exchange) -> list:
        try:
            return super().get_table(exchange)
        except ValueError:  # another process is about to write it for the first time
            return []


class Transport(filesystem.Transport):
    Channel = Channel


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:{Transport.__name__}"
