from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "povertyedu.ui"
    label = "ui"
    verbose_name = "界面"
