"""The one place that talks to HiGHS: a model in whole numbers in, columns and a bound out."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import highspy

from .model import Row

Tick = Callable[[], None]  # called a few times a second while it solves; may raise to stop it
TICK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Outcome:
    """``values`` is None when no solution was found: ``infeasible`` says whether that is proved."""

    values: list[int] | None
    bound: int | None  # no plan is worth more; None when not even that is known
    infeasible: bool
    proved: bool


def maximise(
    worth: Sequence[int],
    rows: Sequence[Row],
    upper: Sequence[int],
    *,
    fixed: frozenset[int] = frozenset(),
    start: Sequence[int] | None = None,
    seconds: float = 30,
    tick: Tick = lambda: None,
) -> Outcome:
    """Maximise ``worth`` over columns in 0..upper; ``fixed`` columns are 1.

    One thread and a fixed seed: the same model gives the same plan, as long as the time was enough to prove it best.
    """
    if not worth:
        return Outcome([], 0, False, True)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]  # untyped there
    options: tuple[tuple[str, bool | int | float | str], ...] = (
        ("output_flag", False), ("time_limit", float(seconds)), ("random_seed", 1), ("threads", 1), ("parallel", "off"),
        ("presolve", "off"),  # the models are nearly networks: presolve takes ten times what the rest does, and changes nothing
        ("mip_detect_symmetry", False), ("mip_heuristic_run_feasibility_jump", False),  # like teachers are one, and there is a start
        ("mip_rel_gap", 0.0), ("mip_abs_gap", 0.99),  # whole points: less than one apart is the same
    )  # fmt: skip
    for name, value in options:
        solver.setOptionValue(name, value)
    solver.passModel(_model(worth, rows, fixed, upper))
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = [float(value) for value in start]
        solver.setSolution(solution)
    _run(solver, tick)
    return _outcome(solver)


def _model(
    worth: Sequence[int], rows: Sequence[Row], fixed: frozenset[int], upper: Sequence[int]
) -> highspy.HighsLp:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(worth), len(rows)
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = [float(value) for value in worth]
    lp.col_lower_ = [float(col in fixed) for col in range(len(worth))]
    lp.col_upper_ = [float(value) for value in upper]
    lp.integrality_ = [highspy.HighsVarType.kInteger] * len(worth)
    lp.row_lower_ = [-highspy.kHighsInf] * len(rows)
    lp.row_upper_ = [float(row.upper) for row in rows]
    matrix = lp.a_matrix_
    matrix.format_ = highspy.MatrixFormat.kRowwise
    starts, index, value = [0], [], []
    for row in rows:
        for col, coefficient in row.terms:
            index.append(col)
            value.append(float(coefficient))
        starts.append(len(index))
    matrix.start_, matrix.index_, matrix.value_ = starts, index, value
    matrix.num_col_, matrix.num_row_ = len(worth), len(rows)
    return lp


def _run(solver: highspy.Highs, tick: Tick) -> None:
    """Solve in a thread of its own, so that this one can tell how long it takes and hear that it should stop."""
    solver.HandleUserInterrupt = True
    solver.startSolve()
    try:
        tick()  # at least once, however quick the solver is
        while not solver.wait(TICK_SECONDS)[0]:
            tick()
    except BaseException:
        solver.cancelSolve()  # type: ignore[no-untyped-call]  # untyped there
        solver.wait()
        raise


def _outcome(solver: highspy.Highs) -> Outcome:
    status = solver.getModelStatus()
    states = highspy.HighsModelStatus
    if status in (states.kInfeasible, states.kUnboundedOrInfeasible):
        return Outcome(None, None, True, True)
    info = solver.getInfo()
    bound = info.mip_dual_bound
    whole = None if not math.isfinite(bound) else math.floor(bound + 1e-6)
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return Outcome(None, whole, False, False)
    values = [round(value) for value in solver.getSolution().col_value]
    return Outcome(values, whole, False, status == states.kOptimal)
