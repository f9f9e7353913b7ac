from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "povertyedu.files"
    label = "files"
    verbose_name = "附件"
