"""Settings shared by every way of running; dev, test and prod only override."""

from .environment import BASE_DIR, VAR_DIR, broker, databases, env, kept_secret

VAR_DIR.mkdir(parents=True, exist_ok=True)

SECRET_KEY = kept_secret("SECRET_KEY")
# Identity and bank numbers: one key seals them, another finds them by keyed hash.
SEALING_KEY = kept_secret("SEALING_KEY")
HASHING_KEY = kept_secret("HASHING_KEY")
SEALING_CIPHER = env("POVERTYEDU_CIPHER", default="AES-GCM")  # or SM4-GCM

DEBUG = False
ALLOWED_HOSTS = env.list("POVERTYEDU_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("POVERTYEDU_ORIGINS", default=[])

INSTALLED_APPS = [
    "whitenoise.runserver_nostatic",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",  # its widget templates, found by the form renderer of povertyedu.ui
    "axes",
    "django_htmx",
    "js_lib_bootstrap5",
    "import_export",
    "povertyedu.ui",
    "povertyedu.options",
    "povertyedu.audit",
    "povertyedu.workflow",
    "povertyedu.orgs",
    "povertyedu.accounts",
    "povertyedu.files",
    "povertyedu.inbox",
    "povertyedu.jobs",
    "povertyedu.findings",
    "povertyedu.indicators",
    "povertyedu.publicity",
    "povertyedu.imports",
    "students",
    "subsidies",
    "dropout",
    "projects",
    "teachers",
    "povertyedu.office",
    "povertyedu.home",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "povertyedu.ui.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "povertyedu.accounts.middleware.LoginMiddleware",
    "povertyedu.accounts.middleware.SessionRulesMiddleware",
    "povertyedu.accounts.middleware.PlainTextMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "povertyedu.urls"
WSGI_APPLICATION = "povertyedu.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["povertyedu.ui.templatetags.ui", "django.templatetags.static"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "povertyedu.home.context.page_frame",
            ],
        },
    },
]
FORM_RENDERER = "povertyedu.ui.forms.FieldRenderer"

DATABASES = databases()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "name"]},
    },
    {"NAME": "povertyedu.accounts.passwords.LengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "povertyedu.accounts.passwords.CharacterClassValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "accounts:login"
PASSWORD_MAX_AGE_DAYS = 90

# 等保 2.0: lock for 30 minutes after 5 failures, leave after 30 idle minutes.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.5  # hours
AXES_RESET_ON_SUCCESS = True
# Trying again while locked does not begin the 30 minutes anew: the page says 30, and 30 it is.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_PARAMETERS = ["username"]
# A whole school sits behind one address: lock the account that is guessed at, never the address.
SILENCED_SYSTEM_CHECKS = ["axes.W006"]
AXES_LOCKOUT_CALLABLE = "povertyedu.accounts.views.locked_out"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
SESSION_COOKIE_AGE = 30 * 60
SESSION_SAVE_EVERY_REQUEST = True
# The cookie ends with the browser, the session on the server after 30 idle minutes: so a time-out can be told.
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "povertyedu.ui.formats"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "files"},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = None

# Children per transaction: long enough to be fast, short enough that SQLite's one writer is never held for seconds and that
# what is read of them, about 15 MiB, leaves a run below 100 MiB.
RECALCULATION_CHUNK = env.int("POVERTYEDU_RECALCULATION_CHUNK", default=5_000)
# Children asked for in sums, or owed their first, at once: a second of SQLite.
RECALCULATION_RANGE = env.int("POVERTYEDU_RECALCULATION_RANGE", default=50_000)
# A worker that has not been heard of for so long is taken for dead and its job is taken up again.
JOB_LEASE_SECONDS = env.float("POVERTYEDU_JOB_LEASE", default=60.0)
JOB_ATTEMPTS = 5
CELERY = {
    **broker(redis_url=env("REDIS_URL", default=""), queue=env("POVERTYEDU_QUEUE", default="povertyedu")),
    "task_ignore_result": True,
    "task_acks_late": False,  # the Job row is the truth: a sweep, not the broker, takes up what a dead worker held
    "worker_prefetch_multiplier": 1,
    "worker_send_task_events": False,
    "worker_hijack_root_logger": False,
    "timezone": TIME_ZONE,
    "beat_schedule_filename": str(VAR_DIR / "beat-schedule"),
    "beat_schedule": {
        # Orders nobody took are dropped, not piled up, while no worker runs.
        "sweep jobs": {
            "task": "povertyedu.jobs.tasks.sweep",
            "schedule": min(60.0, JOB_LEASE_SECONDS),
            "options": {"expires": 60},
        },
        "daily actions": {
            "task": "povertyedu.jobs.tasks.daily",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
    },
    "worker_concurrency": env.int("POVERTYEDU_WORKERS", default=2),
    "worker_enable_remote_control": False,  # nobody asks; on files each order would leave a file behind
}
# Called without arguments every hour by beat; each finds what is due by itself and may run twice.
DAILY_ACTIONS = [
    "povertyedu.imports.actions.purge_expired",  # before the files: their bytes lead to the staged rows
    "povertyedu.files.actions.purge_due",
    "povertyedu.publicity.actions.take_down_expired",
    "povertyedu.publicity.publications.end_expired",
    "povertyedu.findings.actions.tell_overdue",
    "students.actions.duplicates.search_daily",
    "subsidies.actions.nightly.recalculate_nightly",
    "dropout.actions.pledges.follow_holders",
    "dropout.actions.warnings.score_daily",
    "dropout.actions.clock.run_daily",  # before the cases: it opens those of children away for a week
    "dropout.actions.escalation.follow_children",  # before the deadlines: who answers follows from where the child is
    "dropout.actions.escalation.lapse_delays",
    "dropout.actions.long_away.raise_long_away",  # after the lapsed delays: they are away again
    "dropout.actions.escalation.escalate",
    "dropout.actions.calendar.keep_calendar",
    "dropout.actions.screening.screen_when_due",
    "povertyedu.indicators.actions.snapshots.take_due",
    "povertyedu.indicators.actions.history.check_finals",
    "povertyedu.indicators.actions.notices.tell_overdue",
    "projects.actions.alerts.watch",
    "teachers.actions.allowances.open_due",
    "teachers.actions.deployment_days.remind_returns",
    "projects.actions.base_tables.keep_tables",
    "teachers.actions.service_terms.remind",
]

# What may be imported: kind -> dotted path of its resource (an app above `imports` owns it).
IMPORT_RESOURCES = {
    "areas": "povertyedu.office.resources.AreaResource",
    "schools": "povertyedu.office.resources.SchoolResource",
    "roster": "students.resources.RosterResource",
    "registered-poor": "students.resources.RegisteredPoorResource",
    "categories": "students.resources.CategoryResource",
    "target-list": "students.resources.TargetListResource",
    "away": "students.resources.AwayResource",
    "fund-receipts": "subsidies.resources.FundReceiptResource",
    "posts": "dropout.resources.PostResource",
    "attendance": "dropout.resources.AttendanceResource",
    "projects": "projects.resources.ProjectResource",
    "school-gaps": "projects.resources.GapResource",
    "programme-targets": "projects.resources.ProgrammeTargetResource",
    "programme-counts": "projects.resources.ProgrammeCountResource",
    "deployments": "teachers.resources.DeploymentResource",
    "teacher-pay": "teachers.resources.pay.TeacherPayResource",
    "establishments": "teachers.resources.EstablishmentResource",
    "teachers": "teachers.resources.TeacherResource",
    "title-records": "teachers.resources.care.TitleRecordResource",
    "insurances": "teachers.resources.care.InsuranceResource",
    "health-checks": "teachers.resources.care.HealthCheckResource",
    "tilt-candidates": "teachers.resources.care.TiltCandidateResource",
    "housing": "teachers.resources.housing.HousingResource",
    "help-activities": "teachers.resources.mutual_help.HelpResource",
    "head-terms": "teachers.resources.head_terms.HeadTermResource",
    "school-places": "teachers.resources.places.SchoolPlaceResource",
    "purchases": "projects.resources.PurchaseResource",
    "school-assets": "projects.resources.AssetResource",
    "recruitment-plans": "teachers.resources.recruitment.RecruitmentPlanResource",
    "candidates": "teachers.resources.recruitment.CandidateResource",
    "training-targets": "teachers.resources.training.TrainingTargetResource",
    "trainees": "teachers.resources.training.TraineeResource",
}
# What background workers can do: job kind -> dotted path of the function that does it.
JOB_KINDS = {
    "imports.check": "povertyedu.imports.tasks.check",
    "imports.apply": "povertyedu.imports.tasks.apply",
    "imports.undo": "povertyedu.imports.tasks.undo",
    "students.compare": "students.tasks.compare",
    "students.export": "students.tasks.export",
    "students.find_duplicates": "students.tasks.find_duplicates",
    "subsidies.recalculate": "subsidies.tasks.recalculate",
    "subsidies.what_if": "subsidies.tasks.what_if",
    "subsidies.ledger": "subsidies.tasks.write_ledger",
    "subsidies.freeze_ledger": "subsidies.tasks.freeze_ledger",
    "subsidies.answer_county": "subsidies.tasks.answer_county",
    "dropout.export": "dropout.tasks.export",
    "dropout.pledges": "dropout.tasks.pledges",
    "teachers.solve_plan": "teachers.tasks.solve_plan",
    "teachers.allowances": "teachers.tasks.allowances",
}
# Who is told that a job failed which nobody started: job kind -> the permission to do such work.
JOB_ANSWERED_BY = {
    "subsidies.recalculate": "recalculate",
    "students.find_duplicates": "resolve_duplicates",
    "teachers.allowances": "review_care",
}
# Who knows the people of a public list: kind of matter -> dotted path of its module (see publicity.actions).
PUBLICITY_SUBJECTS = {
    "subsidies.batch": "subsidies.actions.publicising",
    "teachers.hiring": "teachers.actions.hiring",
}
# What is measured: dotted paths of definitions (see indicators.definitions), in the order pages have them.
INDICATORS = [
    f"dropout.rates.{name}"
    for name in ("ENTRY", "DROPOUT", "PRIMARY_SIX", "JUNIOR_THREE", "NINE_YEAR", "KINDERGARTEN", "SENIOR")
] + [
    f"teachers.rates.{name}"
    for name in ("ROTATION_STAFF", "ROTATION_ELIGIBLE", "ROTATION_BACKBONE", "TRAINED", "POSTS_FILLED")
]
# Plans whose targets a county may take over: dotted path of code -> preset.
INDICATOR_PRESETS = "dropout.targets.PRESETS"
# How a notice becomes something to put right: dotted path of a verb like findings.actions.find.
INDICATOR_RECTIFICATION = "povertyedu.findings.actions.find"
# How the sources of funds are called: dotted path of () -> [(code, name)]; policies name them.
FUND_SOURCES = "subsidies.enums.fund_sources"
# Who knows what money a child has on its way: dotted path of a module (see students.money).
CHILDRENS_MONEY = "subsidies.queries.children"
# Who may object when a merge of two records is taken back: dotted paths of (students, since) -> a sentence or "".
STUDENT_MERGE_GUARDS = ["subsidies.queries.merging.refusal"]
# How many pupils and classes a school has: dotted path of (day, schools) -> school -> stage -> pupils, classes.
PUPIL_COUNTS = "students.queries.pupils.pupil_counts"
# Panels of a child's page, by URL name; each is an htmx fragment with its own permission.
STUDENT_PANELS = [
    "subsidies:student_panel",
    "dropout:student_panel",
    "dropout:attendance_panel",
    "dropout:case_panel",
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("POVERTYEDU_LOG_LEVEL", default="WARNING")},
}
