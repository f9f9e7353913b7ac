"""建设项目 through its pages: registering, milestones and progress, money with its refusals, approval, sums, scope."""

import datetime as dt
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.inbox.models import Message
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from projects.actions import alerts, work
from projects.models import Alert, FundRequest, Programme, Project, ProjectDecision
from tests import factories
from tests.projects.building import line, programme, project_at, signed, sums

pytestmark = pytest.mark.django_db
LIST = reverse("projects:list")
PNG = b"\x89PNG\r\n\x1a\n"


def act(client, project, verb, **data):
    return client.post(reverse("projects:act", args=[project.pk, verb]), data)


def detail(client, project) -> str:
    return client.get(project.get_absolute_url()).content.decode()


def reach(client, project, kind, day, **more):
    return act(client, project, "reach", kind=kind, actual_on=day, **{"note": ""} | more)


def test_project_is_registered_with_money_of_each_source_as_plans_write_it(client, officer, xiazhai):
    client.force_login(officer)
    assert "新建规划" in client.get(LIST).content.decode()
    client.post(
        reverse("projects:programme_new"),
        {"name": "厕所改造", "kind": "toilets", "first_year": 2017, "last_year": 2017, "document": "宜政发"},
    )
    made = client.post(
        reverse("projects:new"),
        {
            "name": "下寨小学厕所", "programme": Programme.objects.get().pk, "year": 2017, "kind": "renovate", "area": xiazhai.area_id,
            "schools": [xiazhai.pk], "due_on": "2017-12-31", "document": "宜发改1号", "budget_central": "836.49万元", "budget_county": "1,200.50",
            "note": "",
        },
    )  # fmt: skip
    project = Project.objects.get()
    assert made.headers["Location"] == project.get_absolute_url()
    assert (project.code, sums(project)[0], sums(project, "county")[0]) == (
        "2017-00001",
        836_490_000,
        120_050,
    )
    page = detail(client, project)
    assert "8,364,900.00" in page
    assert "8,366,100.50" in page
    assert "下寨小学厕所" in client.get(LIST + "?programme=&year=2017&source=county&q=厕所").content.decode()
    assert "没有符合条件的项目" in client.get(LIST + "?year=2018").content.decode()


def test_project_is_registered_with_its_planned_days_in_their_order(client, officer, xiazhai):
    client.force_login(officer)
    typed = {
        "name": "宿舍楼", "programme": programme().pk, "year": 2020, "kind": "build", "area": xiazhai.area_id, "schools": [xiazhai.pk],
        "starts_on": "2020-09-01", "due_on": "2020-08-31", "document": "", "note": "",
    }  # fmt: skip
    wrong = client.post(reverse("projects:new"), typed)
    assert (wrong.status_code, "计划竣工不能早于计划开工" in wrong.content.decode()) == (422, True)
    client.post(reverse("projects:new"), typed | {"due_on": "2021-08-31"})
    planned = Project.objects.get().milestones.order_by("planned_on").values_list("kind", "planned_on")
    assert list(planned) == [("start", dt.date(2020, 9, 1)), ("finish", dt.date(2021, 8, 31))]


def test_same_project_again_is_told(client, officer, dormitory, xiazhai):
    client.force_login(officer)
    data = {
        "name": "宿舍楼", "programme": programme().pk, "year": 2020, "kind": "build", "area": xiazhai.area_id, "schools": [], "due_on": "",
        "document": "", "note": "",
    }  # fmt: skip
    again = client.post(reverse("projects:new"), data)
    assert (again.status_code, Project.objects.count()) == (422, 1)
    assert "已有同名项目" in again.content.decode()


def test_milestones_move_a_project_to_its_hand_over(client, officer, dormitory, on_day):
    on_day("2021-09-30")
    client.force_login(officer)
    scan = SimpleUploadedFile("批复.pdf", b"%PDF-1.4")
    for kind, day, more in (
        ("approval", "2020-09-01", {"scan": scan}), ("start", "2020-10-08", {}), ("structure", "2021-03-01", {}),
        ("finish", "2021-08-25", {}), ("acceptance", "2021-09-01", {"note": "云建验〔2021〕3号"}), ("accounts", "2021-09-10", {}),
        ("handover", "2021-09-20", {"note": "移交单 1 号"}),
    ):  # fmt: skip
        assert reach(client, dormitory, kind, day, **more).status_code == 302, kind
    dormitory.refresh_from_db()
    assert (dormitory.state, dormitory.percent) == ("handed_over", 100)
    assert [d.verb for d in dormitory.decisions.all()] == [
        "register",
        "start",
        "finish",
        "accept",
        "hand_over",
    ]
    assert ProjectDecision.broken_link(dormitory) is None
    page = detail(client, dormitory)
    assert "立项：批复.pdf" in page
    assert "晚于计划" in page
    file = dormitory.files.get()
    assert b"".join(client.get(reverse("projects:file", args=[file.pk])).streaming_content) == b"%PDF-1.4"


@pytest.mark.parametrize(
    ("kind", "day", "told"),
    [
        ("finish", "2020-10-01", "“竣工”不能早于“开工”（2020-10-08）"),
        ("design", "2020-10-09", "“设计”不能晚于“开工”（2020-10-08）"),
        ("start", "2020-10-08", "“开工”已在 2020-10-08 完成"),
        ("acceptance", "2020-11-01", "不能“验收”：“竣工”还没有登记"),
        ("finish", "2020-12-02", "完成日期不能晚于今天"),
    ],
)
def test_milestone_out_of_order_is_refused(client, officer, dormitory, on_day, kind, day, told):
    on_day("2020-12-01")
    work.reach_milestone(
        by=officer.as_actor(), project=dormitory, kind="start", actual_on=dt.date(2020, 10, 8)
    )
    client.force_login(officer)
    answer = reach(client, dormitory, kind, day)
    assert answer.status_code == 422
    assert told in answer.content.decode()


def test_school_reports_progress_with_a_photo_and_sees_only_its_own(
    client, head, officer, dormitory, qingshi, neighbour
):
    work.reach_milestone(by=officer.as_actor(), project=dormitory, kind="start", actual_on=today())
    other = project_at(qingshi, by=officer.as_actor(), name="食堂")
    client.force_login(head)
    day = str(today())
    photo = SimpleUploadedFile("现场.png", PNG)
    assert (
        act(client, dormitory, "progress", on=day, percent=35, text="主体二层", scan=photo).status_code == 302
    )
    assert (
        "比上次的 35% 低"
        in act(client, dormitory, "progress", on=day, percent=20, text="改").content.decode()
    )
    fake = SimpleUploadedFile("现场.png", b"GIF89a")
    assert (
        "文件内容和扩展名不符"
        in act(client, dormitory, "progress", on=day, percent=40, text="三层", scan=fake).content.decode()
    )
    page = detail(client, dormitory)
    assert "主体二层" in page
    assert "进度 35%：现场.png" in page
    assert "登记支付" not in page
    shown = client.get(reverse("projects:photo", args=[dormitory.files.get().pk]))
    assert (f'src="{shown.request["PATH_INFO"]}"' in page, shown.headers["Content-Type"], shown.content) == (
        True, "image/png", PNG,
    )  # fmt: skip
    assert client.get(other.get_absolute_url()).status_code == 404
    assert act(client, dormitory, "pay").status_code == 403
    client.force_login(neighbour)
    assert client.get(dormitory.get_absolute_url()).status_code == 404
    assert act(client, dormitory, "progress", on=day, percent=40, text="x").status_code == 404
    for name in ("file", "photo"):
        assert client.get(reverse(f"projects:{name}", args=[dormitory.files.get().pk])).status_code == 404


def test_scan_that_is_no_picture_is_named_and_not_shown(client, head, officer, dormitory):
    work.reach_milestone(by=officer.as_actor(), project=dormitory, kind="start", actual_on=today())
    client.force_login(head)
    scan = SimpleUploadedFile("进度.pdf", b"%PDF-1.4")
    act(client, dormitory, "progress", on=str(today()), percent=35, text="主体二层", scan=scan)
    page = detail(client, dormitory)
    assert ("进度.pdf</a>" in page, "<img" in page) == (True, False)
    assert client.get(reverse("projects:photo", args=[dormitory.files.get().pk])).status_code == 404


def test_overspending_is_refused_with_its_reason_and_goes_on_after_approval(
    client, officer, finance, approver, dormitory
):
    client.force_login(officer)
    contract = {
        "number": "HT-1",
        "contractor": "云岭建筑公司",
        "signed_on": "2020-09-10",
        "due_on": "",
        "part_central": "30万",
        "part_county": "",
    }
    assert act(client, dormitory, "sign", **contract).status_code == 302
    client.force_login(finance)
    part = dormitory.contracts.get().parts.get()
    payment = {"part": part.pk, "amount_fen": "310000", "on": "2020-09-20", "document": "P-1"}
    refused = act(client, dormitory, "pay", **payment)
    assert refused.status_code == 422
    assert "超出 10,000.00 元，没有登记；确需支付的，先申请合同变更或超合同支付" in refused.content.decode()
    asked = {"part": part.pk, "amount_fen": "10000", "reason": "签证增加"}
    assert act(client, dormitory, "over-pay", **asked).status_code == 302
    request = FundRequest.objects.get()
    assert (
        client.post(
            reverse("projects:request_step", args=[request.pk, "approve"]), {"reason": ""}
        ).status_code
        == 403
    )
    client.force_login(approver)
    assert "待审批的项目资金申请" in client.get("/").content.decode()
    assert "宿舍楼" in client.get(reverse("projects:requests")).content.decode()
    assert (
        client.post(
            reverse("projects:request_step", args=[request.pk, "approve"]), {"reason": "同意"}
        ).status_code
        == 302
    )
    assert Message.objects.filter(to=finance, text__contains="已批准").count() == 1
    client.force_login(finance)
    before = act(client, dormitory, "pay", **payment)
    assert "到 2020-09-20 只能再付 300,000.00 元" in before.content.decode()
    assert act(client, dormitory, "pay", **payment | {"on": str(today())}).status_code == 302
    assert sums(dormitory) == (30_000_000, 0, 30_000_000, 31_000_000)


def test_wrong_entry_is_reversed_on_the_page_and_both_stay(client, finance, officer, dormitory):
    signed(dormitory, by=officer.as_actor(), parts={"central": 100_000})
    part = dormitory.contracts.get().parts.get()
    client.force_login(finance)
    act(client, dormitory, "pay", part=part.pk, amount_fen="500", on="2020-09-20", document="P-1")
    entry = part.entries.get(kind="payment")
    page = reverse("projects:entry_reverse", args=[entry.pk])
    assert "500.00" in client.get(page).content.decode()
    assert client.post(page, {"reason": ""}).status_code == 422
    assert client.post(page, {"reason": "重复付款"}).status_code == 302
    shown = detail(client, dormitory)
    assert "冲销：重复付款" in shown
    assert "-500.00" in shown
    assert "已冲销" in shown
    assert client.post(page, {"reason": "再冲"}).status_code == 422


def test_cancelled_project_takes_no_more_money_and_one_with_money_is_not_cancelled(
    client, officer, xiazhai, dormitory
):
    client.force_login(officer)
    signed(dormitory, by=officer.as_actor(), parts={"central": 1})
    assert "已有到位资金或合同，不能取消" in act(client, dormitory, "cancel", reason="撤并").content.decode()
    other = project_at(xiazhai, by=officer.as_actor(), name="围墙", budget={"county": 100})
    assert act(client, other, "cancel", reason="学校撤并").status_code == 302
    grant = act(client, other, "grant", source="county", amount_fen="1", on="2020-09-01", document="文")
    assert "项目已取消，不能登记资金" in grant.content.decode()


def test_sums_by_source_programme_and_township_are_equal_on_the_page(
    client, leader, officer, xiazhai, qingshi
):
    by = officer.as_actor()
    toilets = programme("厕所改造", "toilets")
    project_at(xiazhai, by=by, budget={"central": 870_000_000_00, "province": 470_000_000_00})
    project_at(
        qingshi, by=by, name="厕所", of=toilets, budget={"county": 398_000_000_00, "other": 4_860_000_00}
    )
    client.force_login(leader)
    page = client.get(reverse("projects:funds")).content.decode()
    assert page.count("174,286.00") == 3  # 17.4286亿, whichever way it is added up
    assert [text in page for text in ("87,000.00", "47,000.00", "39,800.00", "486.00", "青石镇")] == [
        True
    ] * 5


def test_ledger_has_the_totals_of_the_list(client, leader, officer, dormitory):
    client.force_login(leader)
    sheet = openpyxl.load_workbook(
        BytesIO(client.get(reverse("projects:export")).content), data_only=True
    ).active
    rows = list(sheet.iter_rows(values_only=True))
    head = next(row for row in rows if "项目编号" in row)
    total = rows[rows.index(head) + 2]
    assert rows[rows.index(head) + 1][:3] == ("2020-00001", "宿舍楼", "全面改薄")
    assert (total[head.index("预算合计（元）")], total[head.index("中央资金（元）")]) == (500_000, 300_000)


def test_programme_shows_target_and_result_on_any_day(client, officer, dormitory, on_day):
    on_day("2021-09-01")
    client.force_login(officer)
    page = dormitory.programme.get_absolute_url()
    target = {
        "year": 2020,
        "item": "教学辅助用房",
        "basis": "added",
        "unit": "平方米",
        "planned": "441553",
    }
    assert (
        client.post(
            reverse("projects:target_new", args=[dormitory.programme.pk]), target | {"year": 2030}
        ).status_code
        == 422
    )
    assert (
        client.post(reverse("projects:target_new", args=[dormitory.programme.pk]), target).status_code == 302
    )
    act(client, dormitory, "quantity", item="教学辅助用房", unit="平方米", planned="1200.5", done="300")
    by = officer.as_actor()
    for kind, day in (("start", dt.date(2020, 10, 8)), ("finish", dt.date(2021, 8, 20))):
        work.reach_milestone(by=by, project=dormitory, kind=kind, actual_on=day)
    before, after = (client.get(page + f"?on={day}").context for day in ("2021-08-19", "2021-08-20"))
    assert [(c["counts"]["begun"], c["counts"]["built"]) for c in (before, after)] == [(1, 0), (1, 1)]
    assert [(int(c["targets"][0].target), c["targets"][0].done) for c in (before, after)] == [
        (441_553, 0),
        (441_553, 300),
    ]
    assert "441,553" in client.get(page).content.decode()
    assert client.get(page + "?on=昨天").status_code == 200


def test_alerts_are_told_once_and_end_when_their_cause_does(officer, dormitory, on_day):
    on_day("2021-09-01")
    by = officer.as_actor()
    contract = signed(dormitory, by=by, parts={"central": 20_000_000})
    from projects.actions.funds import arrive, pay

    pay(by=by, part=contract.parts.get(), amount_fen=10_000_000, on=dt.date(2021, 8, 1), document="P-1")
    assert (alerts.watch(), alerts.watch()) == (3, 0)
    assert sorted(Alert.objects.open().values_list("kind", "text")) == [
        ("ahead_of_work", "支付到合同的 50%，形象进度 0%"),
        ("late", "“竣工”计划 2021-08-20，已迟 12 天"),
        ("no_money", "中央资金已支付 10.00 万元，到位只有 0.00 万元"),
    ]
    assert Message.objects.filter(to=officer).count() == 1
    arrive(by=by, line=line(dormitory), amount_fen=10_000_000, on=dt.date(2021, 8, 1), document="拨1")
    on_day("2021-09-02")
    alerts.watch()
    assert str(Alert.objects.get(kind="no_money").ended_on) == "2021-09-02"


def test_pages_take_the_same_queries_for_one_and_for_forty_projects(client, officer, xiazhai, dormitory):
    client.force_login(officer)
    pages = [LIST, LIST + "?print=1", reverse("projects:export"), reverse("projects:funds"), reverse("projects:programmes"), dormitory.programme.get_absolute_url()]  # fmt: skip

    def queries():
        counts = []
        for page in pages:
            with CaptureQueriesContext(connection) as caught:
                assert client.get(page).status_code == 200
            counts.append(len(caught))
        return counts

    queries()
    few = queries()
    for number in range(40):
        project_at(xiazhai, by=officer.as_actor(), name=f"项目{number}", budget={"central": 100, "loan": 50})
    assert queries() == few
    assert max(few) < 27


def test_bad_input_gives_sentences(client, officer, dormitory):
    client.force_login(officer)
    bad = {"part": "x", "amount_fen": "一百", "on": "明天", "document": ""}
    assert act(client, dormitory, "pay", **bad).status_code == 422
    huge = act(
        client, dormitory, "grant", source="central", amount_fen="99999999亿", on="2020-09-01", document="x"
    )
    assert "可能写错了单位" in huge.content.decode()
    assert act(client, dormitory, "fly").status_code == 404
    factories.county()
    for page in (LIST + "?after=abc&year=x&tab=?", reverse("projects:requests") + "?tab=no"):
        assert client.get(page).status_code == 200


def test_project_is_accepted_and_handed_over_only_with_what_shows_it(client, officer, dormitory, on_day):
    on_day("2021-12-01")
    client.force_login(officer)
    by = officer.as_actor()
    for kind, day in (("start", dt.date(2020, 10, 8)), ("finish", dt.date(2021, 8, 20))):
        work.reach_milestone(by=by, project=dormitory, kind=kind, actual_on=day)
    page = detail(client, dormitory)
    assert ("还没有登记：立项、用地、设计、招标、主体" in page, "登记验收</a>" in page) == (True, True)
    bare = reach(client, dormitory, "acceptance", "2021-09-01")
    assert (bare.status_code, "“验收”要有依据：请填写文号，或上传批文、证书。" in bare.content.decode()) == (
        422,
        True,
    )
    assert reach(client, dormitory, "acceptance", "2021-09-01", note="云建验〔2021〕3号").status_code == 302
    early = reach(client, dormitory, "handover", "2021-10-01", note="移交单 1 号")
    assert "不能“资产移交”：“决算”还没有登记，请先登记。" in early.content.decode()
    assert reach(client, dormitory, "accounts", "2021-09-20").status_code == 302
    assert reach(client, dormitory, "handover", "2021-10-01", note="移交单 1 号").status_code == 302
    dormitory.refresh_from_db()
    assert dormitory.state == "handed_over"


def test_next_milestone_is_the_one_button_of_a_project_that_waits_for_it(client, officer, dormitory):
    client.force_login(officer)
    assert (
        f'btn-primary" href="{reverse("projects:act", args=[dormitory.pk, "reach"])}?kind=approval"'
        in detail(client, dormitory)
    )


def test_words_of_a_standing_alert_follow_what_is_late(officer, dormitory, on_day):
    on_day("2021-09-01")
    by = officer.as_actor()
    for kind, day in (("start", "2021-08-11"), ("finish", "2021-08-22")):
        work.plan_milestone(by=by, project=dormitory, kind=kind, planned_on=dt.date.fromisoformat(day))
    alerts.watch()
    alert = dormitory.alerts.get(kind="late")
    assert alert.text == "“开工”计划 2021-08-11，已迟 21 天"
    on_day("2021-09-02")
    work.reach_milestone(by=by, project=dormitory, kind="start", actual_on=dt.date(2021, 9, 2))
    assert alerts.watch() == 0
    alert.refresh_from_db()
    assert (alert.text, str(alert.since)) == ("“竣工”计划 2021-08-22，已迟 11 天", "2021-09-01")


def test_correcting_a_project_keeps_the_site_of_a_school_that_was_closed(client, officer, dormitory, xiazhai):
    School.objects.filter(pk=xiazhai.pk).update(is_open=False)
    client.force_login(officer)
    page = reverse("projects:edit", args=[dormitory.pk])
    form = client.get(page).context["form"]
    sent = {name: getattr(form[name].initial, "pk", form[name].initial) or "" for name in form.fields}
    sent["schools"] = [school.pk for school in form["schools"].initial]
    assert client.post(page, sent).status_code == 302
    assert [site.school for site in dormitory.sites.all()] == [xiazhai]
