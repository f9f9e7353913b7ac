"""Whether something failed because the disk is full: a file's, the database's, a temporary one's."""

import errno
import sqlite3

DISK_FULL = "服务器磁盘已满，没有保存任何内容；请联系系统管理员清理磁盘，然后再试一次。"
FULL = (errno.ENOSPC, errno.EDQUOT)
POSTGRESQL_FULL = "53100"


def is_disk_full(error: BaseException | None) -> bool:
    """Whether ``error``, or what it came of, says that no space is left."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return True
        if getattr(error, "sqlstate", None) == POSTGRESQL_FULL:
            return True
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        error = error.__cause__ or error.__context__
    return False
