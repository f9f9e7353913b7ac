from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "povertyedu.home"
    label = "home"
    verbose_name = "首页"
