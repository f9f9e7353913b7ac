"""The numbers of a child that are shown masked and revealed only for a reason that is logged."""

from collections.abc import Callable
from dataclasses import dataclass

from povertyedu.ui.templatetags.ui import mask_account, mask_id, mask_phone

from .models import Student


@dataclass(frozen=True)
class Number:
    """One such number: its label, where it stands, how it is masked."""

    label: str
    read: Callable[[Student], str]
    mask: Callable[[str], str]

    def masked_of(self, student: Student) -> str:
        return self.mask(self.read(student))


def _guardian_id_number(student: Student) -> str:
    return student.guardian.id_number if hasattr(student, "guardian") else ""


def _account_number(student: Student) -> str:
    return student.bank_account.number if hasattr(student, "bank_account") else ""


NUMBERS = {
    "id_number": Number("身份证件号", lambda student: student.id_number, mask_id),
    "student_no": Number("学籍号", lambda student: student.student_no, mask_id),
    "phone": Number("联系电话", lambda student: student.phone, mask_phone),
    "guardian_id_number": Number("监护人证件号", _guardian_id_number, mask_id),
    "account_number": Number("银行账号", _account_number, mask_account),
}
