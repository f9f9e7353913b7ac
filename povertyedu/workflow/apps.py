from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    name = "povertyedu.workflow"
    label = "workflow"
    verbose_name = "流程"
