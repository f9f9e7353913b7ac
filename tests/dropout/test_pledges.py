"""责任状: five levels by the organisation and the chains, made out once, signed, made out again for a new holder."""

import datetime as dt
import io
import zipfile

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dropout import tasks
from dropout.actions import pledges as actions
from dropout.models import Pledge, PledgeLevel
from povertyedu.jobs.models import Job
from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.jobs.tasks import daily
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Person
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PAGE = reverse("dropout:pledges")
# 宜章县方案 二8三是: 县教育局, 县直学校, 乡镇中心学校, 村校（教学点）, 班级
FIVE = ["县教育局", "县直学校", "乡镇中心学校", "村校（教学点）", "班级"]


@pytest.fixture
def schools(xiazhai):
    """城关镇: the centre with a class, 下寨小学 below it with a class and a head, and a school of the county's own."""
    centre = factories.school("城关镇中心学校")
    type(xiazhai).objects.filter(pk=xiazhai.pk).update(centre=centre)
    town = factories.school("云岭县第一小学")
    for school, head in ((centre, "何志明"), (xiazhai, "吴国强"), (town, "唐军")):
        Person.objects.create(name=head, title="校长", school=school)
    made = factories.school_class(xiazhai)
    made.homeroom_teacher = Person.objects.create(name="罗雪", title="班主任", school=xiazhai)
    made.save()
    return {"centre": centre, "village": xiazhai, "town": town}


@pytest.fixture
def made_out(basic, schools):
    actions.take_usual_levels(by=basic.as_actor())
    actions.make_out(by=basic.as_actor(), year=today().year)
    return {pledge.unit_name: pledge for pledge in Pledge.objects.with_unit()}


def paper(name: str = "责任状.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"%PDF-1.4 signed")


def sign(client, pledge, **typed):
    data = {"signer_name": pledge.signer_name or "石磊", "signed_on": str(today()), "scan": paper()} | typed
    return client.post(reverse("dropout:pledge_sign", args=[pledge.pk]), data)


def unsigned(client, **query) -> list[str]:
    return [row.unit_name for row in client.get(PAGE, {"tab": "unsigned"} | query).context["rows"]]


def test_five_levels_are_taken_and_pledges_made_out_by_layers_once(client, basic, schools):
    client.force_login(basic)
    assert "还没有设责任状层级" in client.get(PAGE).content.decode()
    client.post(reverse("dropout:pledge_levels_take"))
    assert [level.label for level in PledgeLevel.objects.all()] == FIVE
    assert "这一年还没有生成责任状" in client.get(PAGE).content.decode()
    client.post(reverse("dropout:pledges_make_out"))
    found = Pledge.objects.with_unit().order_by("level__position")
    assert [(p.level.label, p.unit_name, p.signer_name, p.countersigning_unit, p.countersigner_name) for p in found] == [
        ("县教育局", "云岭县教育局", "", "云岭县人民政府", ""), ("县直学校", "云岭县第一小学", "唐军", "云岭县教育局", ""),
        ("乡镇中心学校", "城关镇中心学校", "何志明", "云岭县教育局", ""), ("村校（教学点）", "城关镇下寨小学", "吴国强", "城关镇中心学校", "何志明"),
        ("班级", "城关镇下寨小学 五年级1班", "罗雪", "城关镇下寨小学", "吴国强"),
    ]  # fmt: skip
    page = client.post(reverse("dropout:pledges_make_out"), follow=True)
    assert (Pledge.objects.count(), "都已生成，没有变化" in page.content.decode()) == (5, True)
    client.post(reverse("dropout:pledge_levels_take"))
    assert PledgeLevel.objects.count() == 5


def test_signers_come_from_the_chain_that_the_level_names(client, basic, schools):
    from dropout.actions import chain, posts
    from dropout.actions.posts import Whom

    links = {link.label: link for link in chain.pick_pattern(by=basic.as_actor(), code="seven")}
    chiefs = (("县长", "周县长"), ("局长", "赵立新"))
    for label, name in chiefs:
        posts.appoint(
            by=basic.as_actor(),
            link=links[label],
            place=factories.county(),
            whom=Whom(name, "139"),
            since=today(),
        )
    posts.appoint(
        by=basic.as_actor(),
        link=links["校长"],
        place=schools["town"],
        whom=Whom("新校长", "138"),
        since=today(),
    )
    actions.take_usual_levels(by=basic.as_actor())
    client.force_login(basic)
    level = PledgeLevel.objects.get(label="县直学校")
    form = {
        "label": level.label,
        "position": "2",
        "duties": "校长负总责",
        "link": links["校长"].pk,
        "is_active": "on",
    }
    assert client.post(reverse("dropout:pledge_level_edit", args=[level.pk]), form).status_code == 302
    wrong = client.post(
        reverse("dropout:pledge_level_edit", args=[level.pk]), form | {"link": links["县长"].pk}
    )
    assert (wrong.status_code, "不是这种单位的" in wrong.content.decode()) == (422, True)
    actions.make_out(by=basic.as_actor(), year=2026)
    names = {p.unit_name: (p.signer_name, p.countersigner_name) for p in Pledge.objects.with_unit()}
    assert (names["云岭县教育局"], names["云岭县第一小学"]) == (("赵立新", ""), ("新校长", "赵立新"))


def test_county_adds_a_level_for_townships_and_puts_one_away(client, basic, made_out):
    client.force_login(basic)
    form = {
        "unit_kind": "township",
        "label": "乡镇",
        "position": "6",
        "duties": "一把手负责制",
        "is_active": "on",
    }
    assert client.post(reverse("dropout:pledge_level_new"), form).status_code == 302
    again = client.post(reverse("dropout:pledge_level_new"), form)
    assert again.status_code == 422
    client.post(reverse("dropout:pledges_make_out"))
    town = Pledge.objects.get(level__label="乡镇")
    assert (town.unit_name, town.countersigning_unit) == ("城关镇", "云岭县人民政府")
    level = PledgeLevel.objects.get(label="班级")
    client.post(
        reverse("dropout:pledge_level_edit", args=[level.pk]),
        {"label": "班级", "position": "5", "duties": level.duties},
    )
    Pledge.objects.filter(level=level).delete()
    client.post(reverse("dropout:pledges_make_out"))
    assert not Pledge.objects.filter(level=level).exists()


def test_signed_paper_shortens_the_list_of_who_has_not(client, clerk, basic, made_out):
    client.force_login(clerk)
    assert unsigned(client) == ["城关镇下寨小学", "城关镇下寨小学 五年级1班"]
    pledge = made_out["城关镇下寨小学 五年级1班"]
    wrong = sign(client, pledge, scan=SimpleUploadedFile("责任状.pdf", b"MZ not a pdf"))
    assert (wrong.status_code, "文件内容和扩展名不符" in wrong.content.decode()) == (422, True)
    late = sign(client, pledge, signed_on=str(today() + dt.timedelta(days=1)))
    assert (late.status_code, "不能晚于今天" in late.content.decode()) == (422, True)
    assert sign(client, pledge).status_code == 302
    assert unsigned(client) == ["城关镇下寨小学"]
    page = client.get(PAGE, {"tab": "signed"})
    assert [item["value"] for item in page.context["figures"]] == ["2", "1", "1", "50.0%"]
    sent = client.get(reverse("dropout:pledge_file", args=[pledge.pk]))
    assert b"".join(sent) == b"%PDF-1.4 signed"
    client.force_login(basic)
    levels = {share.name: (share.total, share.signed) for share, _ in client.get(PAGE).context["shares"]}
    assert levels == {
        "县教育局": (1, 0),
        "县直学校": (1, 0),
        "乡镇中心学校": (1, 0),
        "村校（教学点）": (1, 0),
        "班级": (1, 1),
    }
    towns = [(share.name, share.unsigned) for share, _ in client.get(PAGE).context["townships"]]
    schools = [(share.name, share.unsigned) for share, _ in client.get(PAGE).context["schools"]]
    assert towns == [("云岭县", 1), ("城关镇", 3)]
    assert schools == [("云岭县第一小学", 1), ("城关镇下寨小学", 1), ("城关镇中心学校", 1)]


def test_new_holder_gets_a_new_pledge_and_the_old_paper_stays(client, clerk, made_out, xiazhai):
    client.force_login(clerk)
    old = made_out["城关镇下寨小学 五年级1班"]
    sign(client, old)
    daily()
    assert Pledge.objects.filter(school_class=old.school_class).count() == 1
    xiazhai.classes.update(homeroom_teacher=Person.objects.create(name="陈星", school=xiazhai))
    daily()
    daily()
    found = Pledge.objects.filter(school_class=old.school_class).order_by("issue")
    assert [(p.issue, p.signer_name, p.is_signed, p.replaced_on) for p in found] == [
        (1, "罗雪", True, today()), (2, "陈星", False, None),
    ]  # fmt: skip
    assert unsigned(client) == ["城关镇下寨小学", "城关镇下寨小学 五年级1班"]
    late = sign(client, old)
    assert (late.status_code, "已经换签" in late.content.decode()) == (422, True)


def test_pledge_not_signed_yet_takes_the_new_name(made_out, basic, xiazhai):
    pledge = made_out["城关镇下寨小学 五年级1班"]
    xiazhai.classes.update(homeroom_teacher=Person.objects.create(name="陈星", school=xiazhai))
    assert actions.make_out(by=basic.as_actor(), year=today().year) == {"new": 0, "again": 0, "named": 1}
    pledge.refresh_from_db()
    assert (pledge.issue, pledge.signer_name) == (1, "陈星")


def test_paper_says_who_promises_what_to_whom(client, clerk, made_out):
    client.force_login(clerk)
    pledge = made_out["城关镇下寨小学"]
    answer = client.get(reverse("dropout:pledge_docx", args=[pledge.pk]))
    written = docx.Document(io.BytesIO(answer.content))
    text = [paragraph.text for paragraph in written.paragraphs]
    assert text[:3] == [f"{today().year}年控辍保学责任状", "（村校（教学点））", "城关镇中心学校："]
    assert [line[:2] for line in text if line[:2] in ("1.", "2.", "3.")] == ["1.", "2.", "3."]
    cells = [[cell.text for cell in row.cells] for row in written.tables[0].rows]
    assert cells[1:3] == [
        ["单位（盖章）", "城关镇中心学校", "城关镇下寨小学"], ["负责人（签字）", "何志明", "吴国强"],
    ]  # fmt: skip


def test_layer_is_taken_away_as_one_zip_and_a_long_one_by_a_job(client, basic, made_out, schools):
    client.force_login(basic)
    level = PledgeLevel.objects.get(label="班级")
    packed = zipfile.ZipFile(
        io.BytesIO(client.get(reverse("dropout:pledges_zip"), {"level": level.pk}).content)
    )
    assert [name.partition("_")[0] for name in packed.namelist()] == [f"班级/{today().year}年责任状"]
    for number in range(2, 60):
        factories.school_class(schools["town"], name=f"{number}班")
    actions.make_out(by=basic.as_actor(), year=today().year)
    client.get(reverse("dropout:pledges_zip"))
    job = Job.objects.get(kind="dropout.pledges")
    assert tasks.pledges(job, NO_PROGRESS, **job.arguments)["count"] == 63
    sent = client.get(basic.inbox.first().url)
    assert len(zipfile.ZipFile(io.BytesIO(b"".join(sent))).namelist()) == 63


def test_neighbour_sees_and_signs_nothing(client, neighbour, made_out):
    client.force_login(neighbour)
    pledge = made_out["城关镇下寨小学"]
    assert unsigned(client) == ["青石镇中心小学"]
    for name in ("pledge_docx", "pledge_file", "pledge_sign"):
        assert client.get(reverse(f"dropout:{name}", args=[pledge.pk])).status_code == 404
    assert sign(client, pledge).status_code == 404
    officer = factories.user("别镇", ("township_officer", factories.township("529901101", "青石镇")))
    client.force_login(officer)
    assert (sign(client, pledge).status_code, unsigned(client)) == (404, ["青石镇中心小学"])


def test_database_holds_one_pledge_a_year_and_a_whole_signature(made_out):
    pledge = made_out["城关镇下寨小学"]
    level = pledge.level
    with pytest.raises(IntegrityError), transaction.atomic():
        Pledge.objects.create(year=pledge.year, level=level, school=pledge.school, countersigning_unit="局")
    with pytest.raises(IntegrityError), transaction.atomic():
        Pledge.objects.filter(pk=pledge.pk).update(signed_on=today())
    with pytest.raises(IntegrityError), transaction.atomic():
        Pledge.objects.create(year=2020, level=level, countersigning_unit="局")


def test_page_takes_the_same_queries_for_few_and_for_many(client, basic, made_out, schools):
    client.force_login(basic)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            client.get(PAGE)
        return len(caught)

    few = queries()
    for number in range(2, 40):
        factories.school_class(schools["town"], name=f"{number}班")
    with CaptureQueriesContext(connection) as made:
        actions.make_out(by=basic.as_actor(), year=today().year)
    assert (queries(), len(made) < 25) == (few, True)
