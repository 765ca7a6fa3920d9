"""A month's bills are many, and most of what an insert cost was looking up what it came from.

The standard of a bill is still held by the database, and with it the member.  That a place with
bills is not taken away is held where places are (``Bills.occupied``).  The index by member is the
beginning of the one that allows a month once; nothing looks bills up by organisation alone.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("dues", "0004_reliefs_settings_answers"),
        ("members", "0007_scans"),
        ("organizations", "0003_honours"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE dues_bill DROP CONSTRAINT"
                    " dues_bill_member_id_a35b8c31_fk_members_member_id"
                ),
                migrations.RunSQL(
                    "ALTER TABLE dues_bill DROP CONSTRAINT"
                    " dues_bill_org_id_4991f4c8_fk_organizations_organization_id"
                ),
                migrations.RunSQL("DROP INDEX dues_bill_member_id_a35b8c31"),
                migrations.RunSQL("DROP INDEX dues_bill_org_id_4991f4c8"),
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="bill",
                    name="member",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="members.member",
                    ),
                ),
                migrations.AlterField(
                    model_name="bill",
                    name="org",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
            ],
        ),
    ]
