from django.db import models


class Option(models.Model):
    """A setting the county has changed from its default; see :mod:`povertyedu.options.registry`."""

    key = models.CharField("键", max_length=60, primary_key=True)
    value = models.CharField("值", max_length=500)
    updated_at = models.DateTimeField("修改时间", auto_now=True)
    updated_by = models.CharField("修改人", max_length=60)

    class Meta:
        verbose_name = "县级参数"

    def __str__(self):
        return self.key
