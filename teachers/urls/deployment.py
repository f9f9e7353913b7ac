from django.urls import path

from teachers.views import deployment, deployment_steps, head_terms, rotation

patterns = [
    path("deployments/", deployment.deployments, name="deployments"),
    path("deployments/export/", deployment.deployments_export, name="deployments_export"),
    path("deployments/pick/", deployment.deployments_pick, name="deployments_pick"),
    path("deployments/new/", deployment.deployment_new, name="deployment_new"),
    path("deployments/<int:pk>/", deployment.deployment, name="deployment"),
    path("deployments/<int:pk>/letter/", deployment.deployment_letter, name="deployment_letter"),
    path("deployments/<int:pk>/<slug:verb>/", deployment_steps.deployment_step, name="deployment_step"),
    path("rotation/", rotation.rotation, name="rotation"),
    path("rotation/export/", rotation.rotation_export, name="rotation_export"),
    path("rotation/due/", rotation.rotation_due, name="rotation_due"),
    path("rotation/due/export/", rotation.rotation_due_export, name="rotation_due_export"),
    path("head-terms/", head_terms.head_terms, name="head_terms"),
    path("head-terms/export/", head_terms.head_terms_export, name="head_terms_export"),
    path("head-terms/new/", head_terms.head_term_new, name="head_term_new"),
    path("head-terms/<int:pk>/", head_terms.head_term_edit, name="head_term_edit"),
    path("head-terms/<int:pk>/remove/", head_terms.head_term_remove, name="head_term_remove"),
]
