"""Refunds: their table, their legal steps, and that never more goes back than was paid."""

import django.db.models.deletion
import kernel.models
from django.db import migrations, models

GUARD = """
CREATE FUNCTION public.payments_refund_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  earlier bigint;
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM FROM public.payments_order WHERE id = NEW.order_id FOR UPDATE;
    SELECT coalesce(sum(amount_fen), 0) INTO earlier FROM public.payments_refund
     WHERE order_id = NEW.order_id AND transaction_id = NEW.transaction_id
       AND state NOT IN ('withdrawn', 'closed');
    IF earlier + NEW.amount_fen > NEW.paid_fen THEN
      RAISE EXCEPTION 'payments_refund_sum: % and % of % (%)',
        earlier, NEW.amount_fen, NEW.paid_fen, NEW.out_refund_no
        USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_refund_sum';
    END IF;
    IF NEW.state <> 'requested' THEN
      RAISE EXCEPTION 'payments_refund_step_legal: begins as % (%)', NEW.state, NEW.out_refund_no
        USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_refund_step_legal';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.unit_id, NEW.unit_role, NEW.order_id, NEW.cause_id, NEW.out_refund_no,
      NEW.transaction_id, NEW.paid_fen, NEW.amount_fen, NEW.requested_by, NEW.requested_at)
     IS DISTINCT FROM
     (OLD.id, OLD.unit_id, OLD.unit_role, OLD.order_id, OLD.cause_id, OLD.out_refund_no,
      OLD.transaction_id, OLD.paid_fen, OLD.amount_fen, OLD.requested_by, OLD.requested_at) THEN
    RAISE EXCEPTION 'payments_refund_terms_fixed: what a refund is for never changes (%)',
      OLD.out_refund_no
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_refund_terms_fixed';
  END IF;
  IF OLD.approved_by IS NOT NULL AND (NEW.approved_by, NEW.approved_at)
     IS DISTINCT FROM (OLD.approved_by, OLD.approved_at)
     OR OLD.settled_at IS NOT NULL AND NEW.settled_at IS DISTINCT FROM OLD.settled_at THEN
    RAISE EXCEPTION 'payments_refund_marks_fixed: what was signed or booked never changes (%)',
      OLD.out_refund_no
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_refund_marks_fixed';
  END IF;
  IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
      ('requested', 'approved'), ('requested', 'withdrawn'),
      ('approved', 'submitting'),
      ('submitting', 'unknown'), ('submitting', 'processing'), ('submitting', 'succeeded'),
      ('submitting', 'abnormal'), ('submitting', 'closed'),
      ('unknown', 'submitting'), ('unknown', 'processing'), ('unknown', 'succeeded'),
      ('unknown', 'abnormal'), ('unknown', 'closed'),
      ('processing', 'succeeded'), ('processing', 'abnormal'), ('processing', 'closed'),
      ('abnormal', 'succeeded'), ('abnormal', 'closed'), ('abnormal', 'returned')) THEN
    RAISE EXCEPTION 'payments_refund_step_legal: not from % to % (%)',
      OLD.state, NEW.state, OLD.out_refund_no
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_refund_step_legal';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_refund_guard BEFORE INSERT OR UPDATE ON public.payments_refund
  FOR EACH ROW EXECUTE FUNCTION public.payments_refund_guard();
"""
UNGUARD = """
DROP TRIGGER payments_refund_guard ON public.payments_refund;
DROP FUNCTION public.payments_refund_guard();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0003_channels"),
    ]

    operations = [
        migrations.CreateModel(
            name="Refund",
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
                ("unit_id", models.UUIDField(db_index=True)),
                ("unit_role", models.CharField(editable=False, max_length=63)),
                ("cause_id", models.UUIDField(unique=True)),
                ("out_refund_no", models.CharField(max_length=32, unique=True)),
                ("transaction_id", models.CharField(max_length=64)),
                ("paid_fen", models.BigIntegerField()),
                ("amount_fen", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "待复核"),
                            ("withdrawn", "已撤回"),
                            ("approved", "待提交"),
                            ("submitting", "提交中"),
                            ("unknown", "待确认"),
                            ("processing", "退款中"),
                            ("succeeded", "已退款"),
                            ("abnormal", "退款异常"),
                            ("returned", "已另行退回"),
                            ("closed", "未退成"),
                        ],
                        default="requested",
                        max_length=12,
                    ),
                ),
                ("refund_id", models.CharField(blank=True, max_length=64)),
                ("error_code", models.CharField(blank=True, max_length=64)),
                ("requested_by", models.UUIDField()),
                ("requested_at", models.DateTimeField()),
                ("approved_by", models.UUIDField(blank=True, null=True)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("ask_at", models.DateTimeField(blank=True, null=True)),
                ("ask_count", models.PositiveSmallIntegerField(default=0)),
                ("heard_at", models.DateTimeField(blank=True, null=True)),
                ("refunded_at", models.DateTimeField(blank=True, null=True)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="payments.order",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("ask_at__isnull", False)),
                        fields=["ask_at"],
                        name="payments_refund_to_ask",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("settled_at__isnull", True), ("state__in", ["succeeded", "closed"])
                        ),
                        fields=["heard_at"],
                        name="payments_refund_to_settle",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_fen__gt", 0), ("amount_fen__lte", models.F("paid_fen"))
                        ),
                        name="payments_refund_within_payment",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "requested",
                                    "withdrawn",
                                    "approved",
                                    "submitting",
                                    "unknown",
                                    "processing",
                                    "succeeded",
                                    "abnormal",
                                    "returned",
                                    "closed",
                                ],
                            )
                        ),
                        name="payments_refund_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("approved_by__isnull", True),
                                ("state__in", ["requested", "withdrawn"]),
                            ),
                            models.Q(
                                models.Q(("state__in", ["requested", "withdrawn"]), _negated=True),
                                ("approved_at__isnull", False),
                                ("approved_by__isnull", False),
                                models.Q(("approved_by", models.F("requested_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="payments_refund_two_people",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("refunded_at__isnull", False),
                                ("state__in", ["succeeded", "returned"]),
                            ),
                            models.Q(
                                models.Q(("state__in", ["succeeded", "returned"]), _negated=True),
                                ("refunded_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="payments_refund_success_has_facts",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
