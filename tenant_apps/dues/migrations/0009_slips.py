"""Slips of money that came through no channel, and what takes them to the bank."""

import django.db.models.deletion
import kernel.models
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dues", "0008_contributions"),
        ("members", "0007_scans"),
    ]

    operations = [
        migrations.CreateModel(
            name="Lot",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.models.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("cash", "现金"), ("proxy", "批量代交")], max_length=8
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "待复核"),
                            ("checked", "已复核，待存入"),
                            ("banked", "已存入专户"),
                            ("withdrawn", "已撤回"),
                        ],
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=80)),
                ("amount_fen", models.BigIntegerField()),
                ("made_by", models.UUIDField()),
                ("made_by_name", models.CharField(max_length=60)),
                ("made_at", models.DateTimeField()),
                ("checked_by", models.UUIDField(null=True)),
                ("checked_by_name", models.CharField(blank=True, max_length=60)),
                ("checked_at", models.DateTimeField(null=True)),
                ("bank", models.CharField(blank=True, max_length=40)),
                ("bank_number", models.CharField(blank=True, max_length=40)),
                ("banked_on", models.DateField(null=True)),
                ("banked_by_name", models.CharField(blank=True, max_length=60)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("bank_number", ""), _negated=True),
                        fields=("bank_number", "bank"),
                        name="dues_lot_bank_slip_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_fen__gt", 0)), name="dues_lot_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["draft", "withdrawn"]),
                            models.Q(
                                ("checked_by__isnull", False),
                                models.Q(("checked_by", models.F("made_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="dues_lot_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "banked"), _negated=True),
                            models.Q(
                                models.Q(("bank", ""), _negated=True),
                                models.Q(("bank_number", ""), _negated=True),
                                ("banked_on__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="dues_lot_banked_with_its_slip",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Slip",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.models.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("cash", "现金"), ("proxy", "批量代交")], max_length=8
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("held", "现金待交存"),
                            ("banked", "已存入专户"),
                            ("reversed", "已冲红"),
                            ("waiting", "待交纳"),
                            ("over", "待退还本人"),
                            ("returned", "已退还本人"),
                            ("dropped", "已取消"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "bills",
                    models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
                ),
                (
                    "months",
                    models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
                ),
                ("amount_fen", models.BigIntegerField()),
                ("handed_by", models.CharField(blank=True, max_length=60)),
                ("taken_by", models.UUIDField()),
                ("taken_by_name", models.CharField(max_length=60)),
                ("taken_at", models.DateTimeField()),
                ("checked_by", models.UUIDField(null=True)),
                ("checked_by_name", models.CharField(blank=True, max_length=60)),
                ("checked_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=200)),
                (
                    "lot",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="slips",
                        to="dues.lot",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="members.member",
                    ),
                ),
            ],
            options={
                "ordering": ["-taken_at", "-id"],
                "indexes": [models.Index(fields=["taken_at"], name="dues_slip_moment")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_fen__gt", 0)), name="dues_slip_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("checked_by__isnull", True),
                                ("state__in", ["held", "waiting", "dropped"]),
                            ),
                            models.Q(
                                ("checked_by__isnull", False),
                                models.Q(("checked_by", models.F("taken_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="dues_slip_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["banked", "over", "returned"]), _negated=True),
                            ("lot__isnull", False),
                            _connector="OR",
                        ),
                        name="dues_slip_banked_in_a_lot",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "reversed"), _negated=True),
                            models.Q(("kind", "cash"), models.Q(("reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="dues_slip_reversed_why",
                    ),
                ],
            },
        ),
    ]
