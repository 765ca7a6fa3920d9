"""Lines that wait for their comparison are in the file that they came from: no need of a journal."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0003_asked_again")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE public.reconciliation_incoming SET UNLOGGED",
            "ALTER TABLE public.reconciliation_incoming SET LOGGED",
        )
    ]
