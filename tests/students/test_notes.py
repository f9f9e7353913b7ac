"""Notes and attachments on a child: kept as written, read by who holds the child, opened with a trace."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse

from povertyedu.audit.models import AccessEvent
from povertyedu.files.models import StoredFile
from students.models import Student, StudentNote
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
PDF = b"%PDF-1.4 scan"


def add(client, user, student, text="家长外出务工", content=None, name="证明.pdf"):
    client.force_login(user)
    sent = {"text": text} | ({"scan": SimpleUploadedFile(name, content)} if content is not None else {})
    return client.post(reverse("students:note_add", args=[student.pk]), sent)


def test_note_with_an_attachment_stands_on_the_childs_page(client, clerk, leader, luona):
    assert add(client, clerk, luona, content=PDF).status_code == 302
    page = client.get(reverse("students:detail", args=[luona.pk])).content.decode()
    assert "家长外出务工" in page
    note = StudentNote.objects.get()
    url = reverse("students:note_file", args=[note.pk])
    assert url in page
    assert (note.by_name, note.file.name) == ("杨丽", "证明.pdf")
    client.force_login(leader)
    page = client.get(reverse("students:detail", args=[luona.pk])).content.decode()
    assert "家长外出务工" in page
    assert url not in page
    assert client.get(url).status_code == 403


def test_note_sent_twice_is_kept_once_and_told(client, clerk, administrator, luona):
    answers = [
        add(client, clerk, luona, content=content) for content in (None, None, PDF, PDF, b"%PDF-1.4 other")
    ]
    assert [answer.status_code for answer in answers] == [302, 422, 302, 422, 302]
    assert "同样的备注您刚刚已经添加，没有重复保存" in answers[1].content.decode()
    assert (StudentNote.objects.count(), StoredFile.objects.count()) == (3, 2)
    assert add(client, administrator, luona).status_code == 302  # somebody else's words are their own


def test_download_leaves_an_access_event(client, clerk, neighbour, luona):
    add(client, clerk, luona, content=PDF)
    url = reverse("students:note_file", args=[StudentNote.objects.get().pk])
    client.force_login(neighbour)
    assert client.get(url).status_code == 404
    assert not AccessEvent.objects.exists()
    client.force_login(clerk)
    assert b"".join(client.get(url)) == PDF
    event = AccessEvent.objects.get()
    assert (event.by_name, event.kind, event.fields) == ("杨丽", "download", "备注附件 证明.pdf")


@pytest.mark.parametrize(
    ("text", "content", "name", "sentence"),
    [
        ("", None, "", "请填写内容。"),
        ("有", b"MZ", "证明.exe", "只能上传 jpg、png 或 pdf"),
        ("有", b"MZ", "证明.pdf", "文件内容和扩展名不符"),
        ("有", b"", "证明.pdf", "文件是空的"),
        ("字" * 501, None, "", "500"),
    ],
)
def test_wrong_note_is_refused_in_words_and_nothing_is_kept(
    client, clerk, luona, text, content, name, sentence
):
    answer = add(client, clerk, luona, text, content, name or "证明.pdf")
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert (StudentNote.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_school_that_lost_the_child_adds_and_opens_nothing(client, clerk, luona, qingshi):
    add(client, clerk, luona, content=PDF)
    luona.enrolments.create(
        term=factories.term("2021-spring"),
        school=qingshi,
        stage="primary",
        grade=5,
        school_area="529901101000",
    )
    assert add(client, clerk, luona, "再记").status_code == 403
    assert client.get(reverse("students:note_file", args=[StudentNote.objects.get().pk])).status_code == 403
    assert "家长外出务工" not in client.get(reverse("students:detail", args=[luona.pk])).content.decode()


def test_notes_of_a_merged_record_are_read_with_the_kept_one(client, clerk, luona, xiazhai, autumn):
    other = factories.student("罗娜", at=xiazhai, during=autumn)
    add(client, clerk, other)
    other.enrolments.all().delete()
    Student.objects.filter(pk=other.pk).update(merged_into=luona)
    assert "家长外出务工" in client.get(reverse("students:detail", args=[luona.pk])).content.decode()


def test_database_refuses_to_change_or_delete_a_note(clerk, luona):
    note = StudentNote.objects.create(student=luona, text="原话", by_name="杨丽")
    for act in (lambda: StudentNote.objects.update(text="改"), note.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert StudentNote.objects.get().text == "原话"
