"""Plans of recruitment, their posts and candidates, lists of who is to be hired, terms of service."""

from django.urls import path

from teachers.views import candidates, hire_lists, posts, recruitment, service_terms

patterns = [
    path("recruitment/", recruitment.plans, name="plans"),
    path("recruitment/years/", recruitment.years, name="recruitment_years"),
    path("recruitment/years/export/", recruitment.years_export, name="recruitment_years_export"),
    path("recruitment/new/", recruitment.plan_edit, name="plan_new"),
    path("recruitment/goals/new/", recruitment.goal_new, name="goal_new"),
    path("recruitment/<int:pk>/", recruitment.plan, name="plan"),
    path("recruitment/<int:pk>/edit/", recruitment.plan_edit, name="plan_edit"),
    path("recruitment/<int:pk>/target/", recruitment.target_new, name="target_new"),
    path("recruitment/<int:pk>/posts/", posts.lines, name="plan_lines"),
    path("recruitment/<int:pk>/posts/export/", posts.lines_export, name="plan_lines_export"),
    path("recruitment/<int:pk>/posts/draw/", posts.draw, name="plan_draw"),
    path("recruitment/<int:pk>/posts/new/", posts.line_edit, name="post_line_new"),
    path("recruitment/<int:plan>/posts/<int:pk>/", posts.line_edit, name="post_line_edit"),
    path("recruitment/<int:plan>/posts/<int:pk>/drop/", posts.line_drop, name="post_line_drop"),
    path("recruitment/<int:pk>/candidates/", candidates.candidates, name="candidates"),
    path("recruitment/<int:pk>/candidates/export/", candidates.candidates_export, name="candidates_export"),
    path("recruitment/<int:pk>/candidates/new/", candidates.candidate_new, name="candidate_new"),
    path("recruitment/<int:pk>/candidates/together/<slug:verb>/", candidates.together, name="candidates_together"),
    path("recruitment/<int:pk>/<slug:verb>/", recruitment.plan_step, name="plan_step"),
    path("candidates/<int:pk>/", candidates.candidate, name="candidate"),
    path("candidates/<int:pk>/<slug:verb>/", candidates.candidate_step, name="candidate_step"),
    path("hire-lists/<int:pk>/", hire_lists.hire_list, name="hire_list"),
    path("hire-lists/<int:pk>/<slug:verb>/", hire_lists.hire_list_step, name="hire_list_step"),
    path("arrivals/", candidates.arrivals, name="arrivals"),
    path("service-terms/", service_terms.terms, name="service_terms"),
    path("service-terms/export/", service_terms.terms_export, name="service_terms_export"),
    path("service-terms/<int:pk>/end/", service_terms.term_end, name="service_term_end"),
]  # fmt: skip
