"""What no register of ours has: the population of an age band, as the statistics office gives it."""

from django.db import models
from django.db.models import Q

from povertyedu.orgs.models import Area
from povertyedu.orgs.scope import ScopedQuerySet


class PopulationFigureQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return scope.area_q("township_id")


class PopulationFigure(models.Model):
    """People of an age band in a township in a school year; the denominator of a gross rate."""

    BANDS = [("3-5", "3 至 5 岁"), ("15-17", "15 至 17 岁")]

    band = models.CharField("年龄段", max_length=6, choices=BANDS)
    year = models.PositiveSmallIntegerField("学年", help_text="学年开始的公历年")
    township = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name="乡镇")
    people = models.PositiveIntegerField("人口")
    entered_by = models.CharField("填报人", max_length=60)

    objects = PopulationFigureQuerySet.as_manager()

    class Meta:
        verbose_name = "年龄段人口"
        ordering = ["year", "band", "township"]
        constraints = [
            models.UniqueConstraint(fields=["band", "year", "township"], name="one_figure_per_township")
        ]

    def __str__(self):
        return f"{self.township} {self.get_band_display()} {self.people}"
