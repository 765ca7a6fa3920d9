"""What the documentation of each tells one to write; the same fields and the same indexes."""

from django.db import models
from mptt.models import MPTTModel, TreeForeignKey
from treebeard.mp_tree import MP_Node


class Named(models.Model):
    """What a page shows of an organisation, and what it is searched by."""

    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=60)
    kind = models.CharField(max_length=20)
    name_initials = models.CharField(max_length=120, db_index=True)

    class Meta:
        abstract = True


class NestedSet(MPTTModel, Named):
    """django-mptt: left and right numbers, kept by its manager."""

    parent = TreeForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")

    class MPTTMeta:
        order_insertion_by = ()


class MaterializedPath(MP_Node, Named):
    """django-treebeard's MP_Node: a path of four characters a level, as ours."""
