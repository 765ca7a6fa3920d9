"""What the documentation of each tells one to write; the same fields and the same indexes."""

from django.db import models
from mptt.models import MPTTModel, TreeForeignKey
from treebeard.mp_tree import MP_Node


class NestedSet(MPTTModel):
    """django-mptt: left and right numbers, kept by its manager."""

    parent = TreeForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")
    name = models.CharField(max_length=120)
    name_initials = models.CharField(max_length=120, db_index=True)

    class MPTTMeta:
        order_insertion_by = ()


class MaterializedPath(MP_Node):
    """django-treebeard's MP_Node: a path of four characters a level, as ours."""

    name = models.CharField(max_length=120)
    name_initials = models.CharField(max_length=120, db_index=True)
