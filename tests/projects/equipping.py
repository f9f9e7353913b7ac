"""Purchases of equipment for tests: drawn up, approved, ordered, come to schools."""

from django.core.files.uploadedfile import SimpleUploadedFile

from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor
from projects.actions import acceptances, assets, purchases
from projects.actions.assets import OldStock
from projects.actions.purchases import NewItem, NewPurchase
from projects.models import Acceptance, Project, Purchase
from tests import factories

PNG = b"\x89PNG\r\n\x1a\n"


def slip() -> SimpleUploadedFile:
    return SimpleUploadedFile("验收单.png", PNG)


def desks(shares: dict, price_fen: int = 12_000) -> NewItem:
    """课桌椅 at 120 yuan; ``shares``: school -> how many."""
    of = {school.pk: number for school, number in shares.items()}
    return NewItem("desks", "课桌椅", "套", sum(of.values()), price_fen, "KZ-1", of)


def computers(shares: dict, price_fen: int = 350_000) -> NewItem:
    of = {school.pk: number for school, number in shares.items()}
    return NewItem("computers", "学生计算机", "台", sum(of.values()), price_fen, "", of)


def drawn(*items: NewItem, by: Actor, name: str = "秋季设备采购", project: Project | None = None) -> Purchase:
    area = project.area_id if project else factories.county().pk
    new = NewPurchase(name, area, project and project.pk, items=items)
    return purchases.draw_up(by=by, lists=[new])[0]


def ordered(*items: NewItem, by: Actor, approver: Actor, name: str = "秋季设备采购", **more) -> Purchase:
    """Return a list that is on its way, due in a month."""
    project = more.pop("project", None)
    purchase = drawn(*items, by=by, name=name, project=project)
    purchases.submit(by=by, purchase=purchase)
    purchases.approve(by=approver, purchase=purchase)
    day = today()
    return purchases.order(
        by=by, purchase=purchase, supplier="云岭教学设备公司", ordered_on=day, due_on=day, **more
    )


def came(purchase: Purchase, school, *counts: tuple[int, int], by: Actor, **more) -> Acceptance:
    """Count what came of each item in its order: (good, damaged)."""
    shares = (
        purchases.PurchaseShare.objects.outstanding()
        .filter(item__purchase=purchase, school=school)
        .order_by("item")
    )
    of = dict(zip([share.pk for share in shares], counts, strict=True))
    return acceptances.accept(
        by=by, purchase=purchase, school=school, on=today(), counts=of, upload=slip(), **more
    )


def stock(school, *, by: Actor, code: str = "2019-001", quantity: int = 30, kind: str = "computers"):
    """Old stock: 30 计算机 at 2,000 yuan, of 2019."""
    day = today().replace(year=2019, month=9, day=1)
    row = OldStock(school.pk, code, kind, "旧计算机", "台", quantity, 200_000, day)
    return assets.register_stock(by=by, rows=[row])[0]


def one_of_each(school, *, by: Actor, approver: Actor) -> dict:
    """Return a purchase on its way with an item, an acceptance to confirm, and an asset."""
    purchase = ordered(desks({school: 4}), by=by, approver=approver)
    return {
        "purchase": purchase,
        "item": purchase.items.get(),
        "acceptance": came(purchase, school, (3, 1), by=by),
        "asset": stock(school, by=by),
    }
