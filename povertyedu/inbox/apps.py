from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "povertyedu.inbox"
    label = "inbox"
    verbose_name = "消息"
