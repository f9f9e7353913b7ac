"""The population of an age band, typed from the statistics office's table."""

from django.db import transaction

from dropout.models import PopulationFigure
from povertyedu.audit.models import record
from povertyedu.workflow.flow import Actor


@transaction.atomic
def set_figures(*, by: Actor, year: int, figures: dict[tuple[str, str], int | None]) -> int:
    """Keep (band, township code) -> people of a school year; None takes a figure away. Return how many changed."""
    present = {
        (each.band, each.township_id): each
        for each in PopulationFigure.objects.select_for_update().filter(year=year)
    }
    changed = 0
    for (band, township), people in figures.items():
        figure = present.get((band, township))
        if people == (figure.people if figure else None):
            continue
        changed += 1
        if people is None:
            record(by, action="population.remove", subject=figure)
            figure.delete()
            continue
        old = figure.people if figure else ""
        figure = figure or PopulationFigure(band=band, year=year, township_id=township)
        figure.people, figure.entered_by = people, by.name
        figure.save()
        record(by, action="population.set", subject=figure, changes={"people": [str(old), str(people)]})
    return changed
