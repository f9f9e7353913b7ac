from django.apps import AppConfig


class FindingsConfig(AppConfig):
    name = "povertyedu.findings"
    label = "findings"
    verbose_name = "整改销号"
