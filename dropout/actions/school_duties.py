"""十个到位 and 集中宣传: a school's ten answers, a campaign planned and held; each finishes its task of the calendar."""

import datetime as dt
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from dropout.enums import CAMPAIGN_MONTHS, DutyCode, ReadyItem
from dropout.models import Campaign, CampaignPhoto, ReadyCheck
from povertyedu.audit.changes import changes_between
from povertyedu.audit.models import record
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, School, Term
from povertyedu.workflow.flow import Actor

from .calendar import finish
from .uploads import kept


def answer_item(
    *,
    by: Actor,
    school: School,
    term: Term,
    item: ReadyItem,
    in_place: bool,
    note: str = "",
    upload=None,
    owner=None,
) -> ReadyCheck:
    """Answer one of the ten items; the tenth answer finishes the school's task. An answer without a file keeps the old one."""
    if not in_place and not note:
        raise ValidationError("没有到位的，请说明缺什么、何时补上。")
    with kept(upload, purpose="ready_check", owner=owner) as stored, transaction.atomic():
        School.objects.select_for_update().get(pk=school.pk)
        old = ReadyCheck.objects.filter(school=school, term=term, item=item).first()
        check = ReadyCheck(
            pk=old.pk if old else None, school=school, term=term, item=item, in_place=in_place, note=note,
            file=stored or (old.file if old else None), checked_on=today(), checked_by=by.name,
        )  # fmt: skip
        check.save()
        record(by, action="ready.answer", subject=check, changes=changes_between(old, check))
        if ReadyCheck.objects.filter(school=school, term=term).count() == len(ReadyItem):
            finish(by=by, code=DutyCode.TEN_ITEMS, place=school)
    return check


@transaction.atomic
def plan_campaign(
    *, by: Actor, place: School | Area, year: int, month: int, planned_on: dt.date, plan: str
) -> Campaign:
    """Plan the campaign of a place for February or August, or change the plan."""
    if month not in CAMPAIGN_MONTHS:
        raise ValidationError("集中宣传在每年 2 月和 8 月。")
    where: dict[str, Any] = {"school": place} if isinstance(place, School) else {"area": place}
    old = Campaign.objects.select_for_update(of=("self",)).filter(year=year, month=month, **where).first()
    campaign = old or Campaign(year=year, month=month, **where)
    campaign.planned_on, campaign.plan, campaign.by_name = planned_on, plan, by.name
    campaign.full_clean()
    campaign.save()
    record(by, action="campaign.plan", subject=campaign, changes={"计划": ["", plan[:200]]})
    return campaign


@transaction.atomic
def hold_campaign(*, by: Actor, campaign: Campaign, held_on: dt.date, **reached: Any) -> Campaign:
    """Tell how a campaign was held and whom it reached; finishes the place's task of that month."""
    campaign = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    if held_on > today():
        raise ValidationError("开展日期不能晚于今天。")
    campaign.held_on, campaign.by_name = held_on, by.name
    for name, value in reached.items():
        setattr(campaign, name, value)
    campaign.full_clean()
    campaign.save()
    record(by, action="campaign.held", subject=campaign, changes={"开展日期": ["", str(held_on)]})
    finish(
        by=by, code=DutyCode.CAMPAIGN, place=campaign.place, due_by=dt.date(campaign.year, campaign.month, 1)
    )
    return campaign


def add_photo(*, by: Actor, campaign: Campaign, upload, token: uuid.UUID, owner=None) -> CampaignPhoto:
    """Add a photo; one sent twice is kept once."""
    if sent := CampaignPhoto.objects.filter(token=token).first():
        return sent
    with kept(upload, purpose="campaign", owner=owner) as stored, transaction.atomic():
        photo = CampaignPhoto.objects.create(campaign=campaign, file=stored, token=token)
        record(by, action="campaign.photo", subject=campaign, changes={"照片": ["", stored.name]})
    return photo
