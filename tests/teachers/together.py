"""Several people who act at once, each in a thread and connection of its own."""

from threading import Barrier, Thread

from django.db import IntegrityError, connection

from povertyedu.workflow.flow import StepRefused


def together(*deeds) -> list[str]:
    """Run ``deeds`` at once, each in a thread and connection of its own; return what the refused were told."""
    barrier, refused = Barrier(len(deeds)), []

    def run(deed):
        try:
            barrier.wait(timeout=10)
            deed()
        except (StepRefused, IntegrityError) as refusal:
            refused.append(str(refusal))
        finally:
            connection.close()

    threads = [Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return refused
