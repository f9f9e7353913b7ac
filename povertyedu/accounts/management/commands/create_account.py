"""Make an account with one grant; how a fresh installation gets its first three administrators."""

import json

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from povertyedu.accounts.actions import create_account, grant
from povertyedu.accounts.permissions import ROLES, Role
from povertyedu.orgs.models import Area, School
from povertyedu.workflow.flow import SYSTEM


class Command(BaseCommand):
    help = "建立账号并授权，初始密码只在标准输出显示一次（一行 JSON）。"

    def add_arguments(self, parser):
        parser.add_argument("username", help="账号")
        parser.add_argument("name", help="姓名")
        parser.add_argument("--role", required=True, choices=[str(role) for role in Role], help="角色")
        parser.add_argument("--place", required=True, help="区划代码（6、9、12 位）或学校标识码（10 位）")
        parser.add_argument("--place-name", default="", help="新装系统还没有区划时，以此名登记 --place 的县")
        parser.add_argument("--phone", default="", help="电话")

    def handle(self, *, username, name, role, place, place_name, phone, **options):
        try:
            with transaction.atomic():
                slip = create_account(username=username, name=name, phone=phone, by=SYSTEM)
                given = grant(user=slip.user, role=role, place=_place(place, place_name), by=SYSTEM)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        answer = {
            "username": slip.user.username,
            "name": slip.user.name,
            "role": role,
            "role_name": ROLES[Role(role)].label,
            "place": given.place_name,
            "password": slip.password,
        }
        self.stdout.write(json.dumps(answer, ensure_ascii=False))


def _place(code: str, name: str) -> Area | School:
    model, key = (School, "code") if len(code) == 10 else (Area, "pk")
    place = model.objects.filter(**{key: code}).first()
    if place is None and name and len(code) == 6 and code.isascii() and code.isdigit():
        place = Area.objects.create(code=code, name=name, level="county")
    if place is None:
        raise ValidationError(f"没有代码为 {code} 的县、乡镇、村或学校，请先导入区划和学校，或核对代码。")
    return place
