"""A month's bills are read by place, whose index begins with the month; one by state is written
with every bill and read by nobody.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("dues", "0006_refunds")]

    operations = [migrations.RemoveIndex(model_name="bill", name="dues_bill_month")]
