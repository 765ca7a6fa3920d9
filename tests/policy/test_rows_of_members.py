"""What is of a member goes along when two files become one (``members.services.references``)."""

from django.apps import apps
from django.db.models import UUIDField

from kernel.models import UnitRow
from tenant_apps.members.services import references

STAY = {
    "insight.line.member_id": "frozen before it was counted: who it was then",
}


def columns_of_members():
    """``app.model.column`` of every key of a member, whether the database knows it as one."""
    for model in apps.get_models():
        if not issubclass(model, UnitRow):
            continue
        for field in model._meta.local_concrete_fields:
            related = field.related_model and field.related_model._meta.label_lower
            is_told = isinstance(field, UUIDField) and {"member", "leader"} & set(
                field.name.split("_")
            )
            if related == "members.member" or is_told:
                yield f"{model._meta.label_lower}.{field.attname}"


def test_every_key_of_a_member_is_registered():
    known = {one.key for one in references._registered if isinstance(one, references.Reference)}
    found = set(columns_of_members())
    assert "dues.bill.member_id" in found
    assert found - STAY.keys() == known
