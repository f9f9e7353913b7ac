"""Medians and a plain table."""

import statistics
import time
from collections.abc import Callable

ROUNDS = 7


def median_ms(action: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """Return the median time of ``action`` and of this process's CPU in it, in ms, after one run that is not counted.

    CPU tells little of the machine's other work, but nothing of the database's either.
    """
    action()
    taken, cpu = [], []
    for _ in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        action()
        taken.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    return statistics.median(taken), statistics.median(cpu)


def table(headings: tuple[str, ...], rows: list[tuple]) -> None:
    shown = [
        headings,
        *(tuple(f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in row) for row in rows),
    ]
    widths = [max(len(row[column]) for row in shown) for column in range(len(headings))]
    for number, row in enumerate(shown):
        cells = (
            cell.ljust(w) if i == 0 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join(cells))
        if number == 0:
            print("  ".join("-" * w for w in widths))
