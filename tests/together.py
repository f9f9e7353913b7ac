"""Several people who act at once, each in a thread and connection of its own."""

from threading import Barrier, Thread

from django.db import IntegrityError, connection

from povertyedu.workflow.flow import StepRefused


def together(*deeds, refusing=StepRefused) -> list:
    """Run ``deeds``, started at once; return what each gave, or the error of ``refusing`` it was refused with.

    Anything else that goes wrong in a thread fails the test: pytest makes an error of it.
    """
    barrier, results = Barrier(len(deeds)), [None] * len(deeds)

    def run(place, deed):
        try:
            barrier.wait(timeout=20)
            results[place] = deed()
        except refusing as refusal:
            results[place] = refusal
        finally:
            connection.close()

    threads = [Thread(target=run, args=(place, deed)) for place, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def refusals(results: list) -> list[Exception]:
    """Return the refusals among what :func:`together` returned."""
    return [result for result in results if isinstance(result, Exception)]


def refused_at_once(*deeds, refusing=(StepRefused, IntegrityError)) -> list[str]:
    """Run ``deeds`` at once; return what the refused were told."""
    return [str(refusal) for refusal in refusals(together(*deeds, refusing=refusing))]
