"""The database knows the legal steps of instructions and batches and what of them never changes."""

from django.db import migrations

GUARD = """
CREATE FUNCTION public.settlement_instruction_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.unit_id, NEW.unit_role, NEW.batch_id, NEW.account_id, NEW.insid, NEW.cycle,
      NEW.cut_off_on, NEW.amount_fen, NEW.made_by, NEW.made_at)
     IS DISTINCT FROM
     (OLD.id, OLD.unit_id, OLD.unit_role, OLD.batch_id, OLD.account_id, OLD.insid, OLD.cycle,
      OLD.cut_off_on, OLD.amount_fen, OLD.made_by, OLD.made_at) THEN
    RAISE EXCEPTION 'settlement_terms_fixed: what an instruction is for never changes (%)', OLD.insid
      USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_terms_fixed';
  END IF;
  IF OLD.checked_by IS NOT NULL AND NEW.checked_by IS DISTINCT FROM OLD.checked_by THEN
    RAISE EXCEPTION 'settlement_check_fixed: who approved never changes (%)', OLD.insid
      USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_check_fixed';
  END IF;
  IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
      ('draft', 'checked'), ('draft', 'void'),
      ('checked', 'sent'),
      ('sent', 'accepted'), ('sent', 'unknown'), ('sent', 'rejected'), ('sent', 'settled'),
      ('unknown', 'sent'), ('unknown', 'accepted'), ('unknown', 'rejected'),
      ('unknown', 'settled'),
      ('accepted', 'settled'), ('accepted', 'rejected'),
      ('settled', 'returned')) THEN
    RAISE EXCEPTION 'settlement_step_legal: not from % to % (%)', OLD.state, NEW.state, OLD.insid
      USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_step_legal';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER settlement_instruction_guard BEFORE UPDATE ON public.settlement_instruction
  FOR EACH ROW EXECUTE FUNCTION public.settlement_instruction_guard();

CREATE FUNCTION public.settlement_batch_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.number, NEW.pay_on, NEW.count, NEW.amount_fen, NEW.made_by)
     IS DISTINCT FROM (OLD.number, OLD.pay_on, OLD.count, OLD.amount_fen, OLD.made_by) THEN
    RAISE EXCEPTION 'settlement_batch_fixed: what a batch holds never changes (%)', OLD.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_batch_fixed';
  END IF;
  IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
      ('locked', 'sent'), ('locked', 'withdrawn'),
      ('sent', 'partial'), ('sent', 'done'), ('done', 'partial')) THEN
    RAISE EXCEPTION 'settlement_batch_step_legal: not from % to % (%)',
      OLD.state, NEW.state, OLD.number
      USING ERRCODE = 'check_violation', CONSTRAINT = 'settlement_batch_step_legal';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER settlement_batch_guard BEFORE UPDATE ON public.settlement_batch
  FOR EACH ROW EXECUTE FUNCTION public.settlement_batch_guard();
"""
UNGUARD = """
DROP TRIGGER settlement_batch_guard ON public.settlement_batch;
DROP FUNCTION public.settlement_batch_guard();
DROP TRIGGER settlement_instruction_guard ON public.settlement_instruction;
DROP FUNCTION public.settlement_instruction_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("settlement", "0001_accounts_and_batches")]

    operations = [migrations.RunSQL(GUARD, UNGUARD)]
