"""与开户人关系: kept with the account by form and roster, shown to who looks at a held line; it releases nothing."""

import pytest
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from students.actions.pending import confirm_change
from students.models import BankAccount, PendingChange
from subsidies.models import Line
from tests.factories import subsidies

from .test_record import as_sent, edit_url, errors

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def test_form_keeps_the_relation_and_tells_it_in_the_history(client, clerk, luona):
    client.force_login(clerk)
    url = edit_url(luona)
    client.post(url, as_sent(client, url, account_relation="father"))
    assert BankAccount.objects.get().relation == "father"
    assert AuditEvent.objects.get(action="students.correct").changes == {"与开户人关系": ["", "父亲"]}
    assert "罗娜（父亲）" in client.get(reverse("students:detail", args=[luona.pk])).content.decode()
    client.post(url, as_sent(client, url, account_relation=""))
    assert BankAccount.objects.get().relation == ""


def test_relation_waits_with_the_holder_it_is_of(client, clerk, administrator, luona):
    client.force_login(clerk)
    url = edit_url(luona)
    client.post(url, as_sent(client, url, account_holder="罗建平", account_relation="father"))
    account = BankAccount.objects.get()
    assert (account.holder, account.relation) == ("罗娜", "")
    confirm_change(by=administrator.as_actor(), change=PendingChange.objects.get())
    account.refresh_from_db()
    assert (account.holder, account.relation) == ("罗建平", "father")


def test_form_refuses_oneself_under_another_name(client, clerk, luona):
    client.force_login(clerk)
    url = edit_url(luona)
    answer = client.post(url, as_sent(client, url, account_holder="罗建平", account_relation="self"))
    assert errors(answer) == {
        "account_relation": ["选了“本人”，但开户人与学生姓名不同；请核对户名或改选关系。"]
    }


@pytest.mark.parametrize("relation", ["", "father", "guardian", "self"])
def test_stranger_to_the_record_is_held_whatever_the_relation(
    client, luona, clerk, aid_officer, approver, finance, autumn, relation
):
    BankAccount.objects.filter(student=luona).update(holder="罗建平", relation=relation)
    subsidies.entitle(luona)
    people = subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)
    subsidies.batch_at("open", people, term=autumn)
    line = Line.objects.get()
    assert (line.state, line.hold) == ("held", "holder_differs")
    client.force_login(aid_officer)
    page = client.get(reverse("subsidies:line", args=[line.pk])).content.decode()
    told = {"": "", "father": "（父亲）", "guardian": "（其他监护人）", "self": "（本人）"}[relation]
    assert f"罗建平{told}　" in page


def test_guardian_by_name_is_listed_without_a_relation(luona, clerk, aid_officer, approver, finance, autumn):
    BankAccount.objects.filter(student=luona).update(holder="罗丽浩")
    subsidies.entitle(luona)
    people = subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)
    subsidies.batch_at("open", people, term=autumn)
    assert Line.objects.get().state == "listed"
