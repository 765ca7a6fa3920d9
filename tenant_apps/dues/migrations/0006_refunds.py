"""Refunds by two people, carried out at the channel: of suspended sums and of paid bills."""

import django.db.models.deletion
from django.db import migrations, models

AMOUNTS = """
UPDATE dues_resolution SET amount_fen = held.amount_fen
  FROM dues_transfer AS held WHERE held.id = dues_resolution.suspension_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("dues", "0005_many_bills"),
        ("dues", "0005_transfer_place"),
        ("members", "0007_scans"),
        ("organizations", "0003_honours"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="resolution",
            name="dues_resolution_once",
        ),
        migrations.RemoveConstraint(
            model_name="resolution",
            name="dues_resolution_refund_two_people",
        ),
        migrations.AddField(
            model_name="bill",
            name="returned",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="receipt",
            name="edition",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="resolution",
            name="amount_fen",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="resolution",
            name="bills",
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name="resolution",
            name="exempt_approved_by",
            field=models.CharField(
                blank=True, db_default=models.Value(""), default="", max_length=120
            ),
        ),
        migrations.AddField(
            model_name="resolution",
            name="order_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name="receipt",
            name="order_id",
            field=models.UUIDField(),
        ),
        migrations.AlterField(
            model_name="resolution",
            name="kind",
            field=models.CharField(
                choices=[
                    ("placed", "记入账单"),
                    ("refunded", "退还"),
                    ("returned", "退回已交党费"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="resolution",
            name="state",
            field=models.CharField(
                choices=[
                    ("asked", "待复核"),
                    ("sent", "退款中"),
                    ("done", "已处理"),
                    ("failed", "未退成"),
                    ("withdrawn", "已撤回"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="resolution",
            name="suspension",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="resolutions",
                to="dues.transfer",
            ),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.UniqueConstraint(
                fields=("order_id", "edition"), name="dues_receipt_once_an_edition"
            ),
        ),
        migrations.AddConstraint(
            model_name="resolution",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["asked", "sent", "done"])),
                fields=("suspension",),
                name="dues_resolution_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="resolution",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "placed"),
                    ("state__in", ["asked", "withdrawn"]),
                    models.Q(
                        ("decided_by__isnull", False),
                        models.Q(("decided_by", models.F("asked_by")), _negated=True),
                        models.Q(
                            models.Q(("state", "done"), _negated=True),
                            models.Q(("refund_number", ""), _negated=True),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="dues_resolution_refund_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="resolution",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "returned"),
                        ("order_id__isnull", False),
                        ("suspension__isnull", True),
                    ),
                    models.Q(
                        models.Q(("kind", "returned"), _negated=True), ("suspension__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="dues_resolution_about_something",
            ),
        ),
        migrations.RunSQL(AMOUNTS, migrations.RunSQL.noop),
    ]
