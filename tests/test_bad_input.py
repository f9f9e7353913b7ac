"""Addresses and forms as no browser sends them: refused, never an error of the server."""

import pytest
from django.urls import reverse

from povertyedu.orgs.models import Term
from subsidies.actions.bank_return import clean_serial
from subsidies.models import Line
from subsidies.queries.pages import page_by_key
from tests import factories
from tests.factories import subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def test_login_with_a_nul_is_a_bad_request(client):
    answer = client.post(reverse("accounts:login"), {"username": "a\0b", "password": "x"})
    assert answer.status_code == 400


@pytest.mark.parametrize("query", ["term=%00", "%00=1", "school=1&q=a%00b"])
def test_nul_in_an_address_is_a_bad_request(client, aid_officer, autumn, query):
    client.force_login(aid_officer)
    assert client.get(f"{reverse('students:list')}?{query}").status_code == 400
    assert client.get(f"{reverse('home:dashboard')}?{query}").status_code == 400


def test_nul_in_the_address_of_a_notice_is_a_bad_request(client, db):
    assert client.get("/publicity/p/a%00b/").status_code == 400


@pytest.mark.parametrize("before", ["²", "9" * 30, "-1", "x"])
def test_list_of_imports_begins_anew_at_a_key_that_is_none(client, administrator, before):
    client.force_login(administrator)
    assert client.get(reverse("imports:list"), {"before": before}).status_code == 200


@pytest.mark.parametrize(
    "after",
    [
        "[Infinity,1,1,1,1,1]", "[1e400,1,1,1,1,1]", "[" * 3000, '[99999999999999999999999,"a",1,"b","c",1]', "[NaN,1,1,1,1,1]",
        '[null,null,null,null,null,null]', '[1,"\\ud800",1,"b","c",1]', '[1,"a",99999999999999999999999,"b","c",1]', '{"a":1}', "[true,[],{},1,1,1]",
    ],
)  # fmt: skip
def test_queue_answers_whatever_key_is_asked(
    client, clerk, aid_officer, approver, finance, xiazhai, autumn, after
):
    subsidies.entitle(factories.student("罗娜", at=xiazhai, during=autumn))
    people = subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)
    batch = subsidies.batch_at("open", people, term=autumn)
    client.force_login(aid_officer)
    address = reverse("subsidies:batch_lines", args=[batch.pk])
    assert client.get(address, {"after": after}).status_code == 200


@pytest.mark.parametrize("name", ["why", "student_panel", "batch", "sheet", "line", "payout_export"])
def test_key_larger_than_any_is_not_found(client, aid_officer, finance, autumn, name):
    client.force_login(finance if name == "payout_export" else aid_officer)
    assert client.get(reverse(f"subsidies:{name}", args=["9" * 30])).status_code == 404


@pytest.mark.parametrize("code", ["²020-autumn", "0000-autumn", "9999-autumn", "2020-winter", "20-autumn"])
def test_no_term_is_named_by(code):
    with pytest.raises(ValueError, match="写法不对"):
        Term.defaults(code)


def test_serial_of_other_digits_is_told_not_broken():
    with pytest.raises(Exception, match="不是本系统导出的流水号"):
        clean_serial("²")
    assert page_by_key(Line.objects.all(), ("id",), after="[]") == ([], "")
