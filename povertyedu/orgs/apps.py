from django.apps import AppConfig


class OrgsConfig(AppConfig):
    name = "povertyedu.orgs"
    label = "orgs"
    verbose_name = "机构与地区"
