from django.apps import AppConfig


class OptionsConfig(AppConfig):
    name = "povertyedu.options"
    label = "options"
    verbose_name = "县级参数"
