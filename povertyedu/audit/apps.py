from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "povertyedu.audit"
    label = "audit"
    verbose_name = "审计"
