"""Holding back what changes an ID number or an account on file, until a second person confirms it.

What is new (no number, no account so far) is nothing to hold back.
"""

import json

from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.sealing import keyed_hash
from povertyedu.ui.templatetags.ui import mask_account, mask_id
from povertyedu.workflow.flow import Actor, advance
from students.enums import ChangeKind
from students.models import BankAccount, ChangeDecision, Enrolment, PendingChange, Student
from students.states import CHANGE_FLOW

WITH_NUMBER = ("id_kind", "birth_date", "sex")  # told by the number, so they wait with it


def hold_back(*, by: Actor, enrolment: Enrolment, data: dict, numbers: dict) -> tuple[dict, dict]:
    """Propose what in a correction must wait; return ``data`` and ``numbers`` without it, the rest applies."""
    student = enrolment.student
    if student.id_hash and numbers.get("id_hash", student.id_hash) != student.id_hash:
        propose_number(by=by, enrolment=enrolment, data=data)
        held = {"id_number", "id_hash", "id_tail_hash"}
        numbers = {name: value for name, value in numbers.items() if name not in held}
        data = data | {name: getattr(student, name) for name in WITH_NUMBER}
    account = student.bank_account if hasattr(student, "bank_account") else None
    if account and propose_account(by=by, enrolment=enrolment, account=account, data=data):
        kept = {"account_relation": account.relation, "account_bank": account.bank}
        data = data | {"account_number": "", "account_holder": ""} | kept
    return data, numbers


def propose_number(*, by: Actor, enrolment: Enrolment, data: dict) -> PendingChange:
    """Propose another ID number, with birth date and sex as it tells them."""
    number, born = data["id_number"], data["birth_date"]
    value = {
        "id_number": number, "id_kind": str(data["id_kind"]), "sex": str(data["sex"]), "birth_date": born.isoformat() if born else None,
    }  # fmt: skip
    words = (mask_id(enrolment.student.id_number), mask_id(number))
    replaces = enrolment.student.id_hash
    return _propose(by, enrolment, ChangeKind.ID_NUMBER, value, keyed_hash(number), replaces, words)


def propose_account(
    *, by: Actor, enrolment: Enrolment, account: BankAccount, data: dict
) -> PendingChange | None:
    """Propose another number or holder; None where ``data`` names neither."""
    number, holder = data["account_number"], data["account_holder"] or account.holder
    digest = keyed_hash(number) if number else account.number_hash
    if (digest, holder) == (account.number_hash, account.holder):
        return None
    relation = data.get("account_relation", account.relation)
    value = {
        "account_number": number, "account_holder": holder, "account_relation": relation, "account_bank": data["account_bank"],
    }  # fmt: skip
    words = (account_words(account.holder, account.number), account_words(holder, number or account.number))
    replaces = account_hash(account)
    wanted = keyed_hash(f"{digest}|{holder}|{relation}|{data['account_bank']}")
    return _propose(by, enrolment, ChangeKind.ACCOUNT, value, wanted, replaces, words)


def account_words(holder: str, number: str) -> str:
    return f"{holder} {mask_account(number)}"


def account_hash(account: BankAccount) -> str:
    """Return a keyed hash of number and holder: another one means that the account was changed."""
    return keyed_hash(f"{account.number_hash}|{account.holder}")


@transaction.atomic
def _propose(by, enrolment, kind, value: dict, wanted: str, replaces: str, words) -> PendingChange:
    """Keep the proposal in place of one that waits; the very same one again changes nothing."""
    student: Student = enrolment.student
    waiting = student.pending_changes.waiting().select_for_update().filter(kind=kind).first()
    if waiting and (waiting.value_hash, waiting.replaces) == (wanted, replaces):
        return waiting
    if waiting:
        advance(waiting, CHANGE_FLOW, "supersede", by=by)
    old, new = words
    if old == new:
        new = f"{new}（号码已改）"
    found = PendingChange.objects.create(
        student=student, enrolment=enrolment, kind=kind, sealed=json.dumps(value, ensure_ascii=False), value_hash=wanted,
        replaces=replaces, old_words=old, new_words=new, proposed_by_id=by.id, proposed_by=by.name,
    )  # fmt: skip
    step = CHANGE_FLOW["propose"]
    ChangeDecision.append(found, step=step, old="", by=by, reason="", at=timezone.now())
    told = {f"{found.get_kind_display()}（待复核）": [found.old_words, found.new_words]}
    record(by, action="change.propose", subject=student, changes=told)
    return found
