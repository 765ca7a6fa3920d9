"""Refunds by two people, carried out at the channel: of suspended sums and of paid bills.

The rules of before give way to wider ones in one step: what the release before writes satisfies
them, and no row is without a rule in between.
"""

import django.db.models.deletion
from django.db import migrations, models

RULES = [
    """ALTER TABLE dues_resolution ALTER COLUMN suspension_id DROP NOT NULL""",
    """DROP INDEX dues_resolution_once""",
    """CREATE UNIQUE INDEX dues_resolution_once ON dues_resolution (suspension_id)
        WHERE state IN ('asked', 'sent', 'done')""",
    """ALTER TABLE dues_resolution DROP CONSTRAINT dues_resolution_refund_two_people""",
    """ALTER TABLE dues_resolution ADD CONSTRAINT dues_resolution_refund_two_people CHECK (
        kind = 'placed' OR state IN ('asked', 'withdrawn')
        OR (decided_by IS NOT NULL AND NOT (decided_by = asked_by)
            AND (state <> 'done' OR refund_number <> '')))""",
    """ALTER TABLE dues_resolution ADD CONSTRAINT dues_resolution_about_something CHECK (
        (kind = 'returned' AND suspension_id IS NULL AND order_id IS NOT NULL)
        OR (kind <> 'returned' AND suspension_id IS NOT NULL))""",
    """ALTER TABLE dues_receipt ADD CONSTRAINT dues_receipt_once_an_edition
        UNIQUE (order_id, edition)""",
    """ALTER TABLE dues_receipt DROP CONSTRAINT dues_receipt_order_id_key""",
    """UPDATE dues_resolution SET amount_fen = held.amount_fen
         FROM dues_transfer AS held WHERE held.id = dues_resolution.suspension_id""",
]


class Migration(migrations.Migration):
    dependencies = [
        ("dues", "0005_many_bills"),
        ("dues", "0005_transfer_place"),
        ("members", "0007_scans"),
        ("organizations", "0003_honours"),
    ]

    operations = [
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
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(RULES)],
            state_operations=[
                migrations.RemoveConstraint(
                    model_name="resolution",
                    name="dues_resolution_once",
                ),
                migrations.RemoveConstraint(
                    model_name="resolution",
                    name="dues_resolution_refund_two_people",
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
                                models.Q(("kind", "returned"), _negated=True),
                                ("suspension__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="dues_resolution_about_something",
                    ),
                ),
            ],
        ),
    ]
