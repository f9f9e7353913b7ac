"""Every kind of page as its right user, through all middleware: median time, queries, times the floor."""

from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from dropout.models import ChainLink
from povertyedu.accounts.models import User
from povertyedu.home.demo.people import AUTUMN
from povertyedu.orgs.models import School, SchoolClass
from povertyedu.publicity.models import Notice
from students.models import Enrolment, Student
from subsidies.enums import BatchState
from subsidies.models import Batch, SchoolSheet

from .timing import median_ms, table

AIM_MS = 200


@dataclass(frozen=True)
class Page:
    title: str
    username: str
    path: str
    htmx: bool = False


def pages() -> list[Page]:
    """Return the pages to time; one whose address does not exist is left out."""
    school = School.objects.get(name="青石镇中心小学")
    a_class = SchoolClass.objects.filter(school=school).order_by("grade", "name").first()
    enrolled = Enrolment.objects.filter(term=AUTUMN, school=school).order_by("pk")
    child = Student.objects.get(name="罗小雨")
    middle = enrolled[enrolled.count() // 2].student_id
    senior = Student.objects.get(name="杨俊杰")
    batch = {state: Batch.objects.filter(state=state).first() for state in BatchState.values}
    sheet = SchoolSheet.objects.filter(batch=batch["open"], school=school).first()
    of_class = ChainLink.objects.get(label="校长包班级")
    notice = Notice.objects.filter(state="open").first()
    wanted = [
        ("to-do, aid office", "aid", "home:todo", []),
        ("to-do, clerk", "clerk", "home:todo", []),
        ("students, county", "data", "students:list", []),
        ("students, county, by name", "data", "students:list", [], "?name=王伟"),
        ("students, county, registered poor", "data", "students:list", [], "?category=1"),
        ("students, county, by home", "data", "students:list", [], "?by=home_area"),
        ("students, school", "clerk", "students:list", []),
        ("students, class", "teacher", "students:list", []),
        ("students, village", "village", "students:list", []),
        ("student page", "clerk", "students:detail", [child.pk]),
        ("student page, county", "aid", "students:detail", [senior.pk]),
        ("student form, new", "clerk", "students:create", []),
        ("student form, edit", "clerk", "students:edit", [middle]),
        ("subsidy panel", "aid", "subsidies:student_panel", [child.pk], f"?term={AUTUMN}"),
        ("why drawer", "aid", "subsidies:why", [child.pk], f"?term={AUTUMN}"),
        ("dashboard, county", "leader", "home:dashboard", []),
        ("dashboard, county, by home", "leader", "home:dashboard", [], "?by=home_area"),
        ("dashboard, township", "leader", "home:dashboard_area", ["529901101"]),
        ("dashboard, township officer", "township", "home:dashboard", []),
        ("dashboard, school", "leader", "home:dashboard_school", [school.pk]),
        ("dashboard, class", "leader", "home:dashboard_class", [a_class.pk]),
        ("calculation", "aid", "subsidies:calculation", []),
        ("coverage equation", "leader", "subsidies:coverage", []),
        ("coverage, rate of the front page", "leader", "subsidies:coverage_rate", []),
        ("coverage, names to verify", "aid", "subsidies:coverage_names", [], "?part=to_verify"),
        ("questions to other counties", "aid", "subsidies:exchanges", []),
        ("money paid too much", "aid", "subsidies:recoveries", []),
        ("allocations", "finance", "subsidies:allocations", []),
        ("policy", "aid", "subsidies:policy", []),
        ("batches", "aid", "subsidies:batches", []),
        ("batch, open", "aid", "subsidies:batch", [batch["open"].pk]),
        ("batch, open a new one", "aid", "subsidies:batch_open", []),
        ("batch queue, lines", "aid", "subsidies:batch_lines", [batch["open"].pk]),
        ("batch queue, approver", "approver", "subsidies:batch_lines", [batch["office_approved"].pk]),
        ("sheet, clerk", "clerk", "subsidies:sheet", [sheet.pk]),
        ("payouts", "finance", "subsidies:payouts", []),
        ("funds, receipts", "finance", "subsidies:funds", []),
        ("funds, shortage and surplus", "finance", "subsidies:funds_balance", []),
        ("funds, reconciliation", "finance", "subsidies:reconciliation", []),
        ("funds, reconciliation of all terms", "finance", "subsidies:reconciliation", [], "?span=all"),
        ("to-do, finance", "finance", "home:todo", []),
        ("chains, vacancies of a link", "basic", "dropout:posts", []),
        ("chains, classes", "basic", "dropout:posts", [], f"?link={of_class.pk}&tab=held"),
        (
            "chains, own children",
            "village",
            "dropout:person",
            [User.objects.get(username="village").person_id],
        ),
        ("chains, gaps of the county", "basic", "dropout:gaps", []),
        ("chains, gaps of a school", "clerk", "dropout:gaps", []),
        ("chains, panel of a child", "clerk", "dropout:student_panel", [child.pk], f"?term={AUTUMN}"),
        ("ledgers", "aid", "subsidies:ledgers", []),
        ("notices", "aid", "publicity:notices", []),
        ("notice", "aid", "publicity:notice", [notice.pk]),
        ("public notice", "", "publicity:public", [notice.token]),
        ("imports", "data", "imports:list", []),
        ("schools", "data", "office:schools", []),
        ("people", "data", "office:people", []),
        ("accounts", "sysadmin", "office:accounts", []),
        ("grants", "secadmin", "office:grants", []),
        ("audit log", "auditor", "office:audit", []),
    ]
    found = []
    for title, username, name, arguments, *query in wanted:
        try:
            found.append(Page(title, username, reverse(name, args=arguments) + "".join(query)))
        except NoReverseMatch:
            continue
    return found


def client_of(username: str) -> Client:
    client = Client()
    if username:
        client.force_login(
            User.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend"
        )
    return client


@override_settings(ROOT_URLCONF="tests.bench.urls", ALLOWED_HOSTS=["testserver"])
def run(*, explain: bool) -> None:
    call_command("collectstatic", interactive=False, verbosity=0)  # pages name their styles by content
    floor_client = client_of("leader")
    print(
        f"{Enrolment.objects.filter(term=AUTUMN).count():,} children; floor: SELECT 1 through the same middleware\n"
    )
    rows, slow = [], []
    for page in pages():
        client = client_of(page.username)
        answer = client.get(page.path)
        with CaptureQueriesContext(connection) as captured:
            client.get(page.path)
            queries = list(captured.captured_queries)
        worst = max(queries, key=lambda query: float(query["time"]))
        # beside each page, so that both meet the same noise of the machine
        floor, _ = median_ms(lambda: floor_client.get("/bench-ping/"))
        taken, cpu = median_ms(lambda client=client, page=page: client.get(page.path))
        note = "" if answer.status_code == 200 else f"HTTP {answer.status_code}"
        note = note or ("" if taken < AIM_MS else "SLOW")
        rows.append(
            (page.title, taken, cpu, floor, len(queries), taken / floor, float(worst["time"]) * 1000, note)
        )
        if taken >= AIM_MS:
            slow.append((page, worst["sql"]))
    table(("page", "median ms", "own CPU ms", "floor ms", "queries", "x floor", "worst query ms", ""), rows)
    if explain:
        for page, sql in slow:
            _explain(page, sql)


def _explain(page: Page, sql: str) -> None:
    print(f"\n== {page.title}: {sql}\n")
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + sql.replace("%", "%%"))
        print("\n".join(line for (line,) in cursor.fetchall()))
