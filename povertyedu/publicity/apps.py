from django.apps import AppConfig


class PublicityConfig(AppConfig):
    name = "povertyedu.publicity"
    label = "publicity"
    verbose_name = "公示"
