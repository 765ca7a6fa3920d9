"""The database knows the legal steps of an order and what of it never changes."""

from django.db import migrations

GUARD = """
CREATE FUNCTION public.payments_order_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.unit_id, NEW.unit_role, NEW.config_id, NEW.out_trade_no, NEW.amount_fen,
      NEW.payer_person_id, NEW.payer_member_id, NEW.created_at, NEW.expires_at)
     IS DISTINCT FROM
     (OLD.id, OLD.unit_id, OLD.unit_role, OLD.config_id, OLD.out_trade_no, OLD.amount_fen,
      OLD.payer_person_id, OLD.payer_member_id, OLD.created_at, OLD.expires_at) THEN
    RAISE EXCEPTION 'payments_order_terms_fixed: what an order is for never changes (%)', OLD.out_trade_no
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_order_terms_fixed';
  END IF;
  IF OLD.transaction_id IS NOT NULL AND (NEW.transaction_id, NEW.paid_at, NEW.settled_at)
     IS DISTINCT FROM (OLD.transaction_id, OLD.paid_at, OLD.settled_at) THEN
    RAISE EXCEPTION 'payments_order_payment_fixed: a payment that arrived never changes (%)', OLD.out_trade_no
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_order_payment_fixed';
  END IF;
  IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
      ('created', 'submitting'), ('created', 'closed'), ('created', 'paid'),
      ('submitting', 'awaiting'), ('submitting', 'unknown'), ('submitting', 'failed'),
      ('submitting', 'closed'), ('submitting', 'paid'),
      ('unknown', 'awaiting'), ('unknown', 'failed'), ('unknown', 'closed'), ('unknown', 'paid'),
      ('awaiting', 'failed'), ('awaiting', 'closed'), ('awaiting', 'paid'),
      ('closed', 'paid_late'), ('failed', 'paid_late')) THEN
    RAISE EXCEPTION 'payments_order_step_legal: not from % to % (%)',
      OLD.state, NEW.state, OLD.out_trade_no
      USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_order_step_legal';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER payments_order_guard BEFORE UPDATE ON public.payments_order
  FOR EACH ROW EXECUTE FUNCTION public.payments_order_guard();
"""
UNGUARD = """
DROP TRIGGER payments_order_guard ON public.payments_order;
DROP FUNCTION public.payments_order_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_orders_and_inbox")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
