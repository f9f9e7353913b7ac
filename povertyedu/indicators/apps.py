from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    name = "povertyedu.indicators"
    label = "indicators"
    verbose_name = "指标通报"
