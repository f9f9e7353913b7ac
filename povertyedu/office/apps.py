from django.apps import AppConfig


class OfficeConfig(AppConfig):
    name = "povertyedu.office"
    label = "office"
    verbose_name = "局内管理"
