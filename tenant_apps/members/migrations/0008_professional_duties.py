from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0007_scans'),
    ]

    operations = [
        migrations.AddField(
            model_name='member',
            name='technical_duty',
            field=models.CharField(blank=True, db_default='', default='', max_length=8),
        ),
        migrations.AddField(
            model_name='member',
            name='duty_level',
            field=models.CharField(blank=True, db_default='', default='', max_length=8),
        ),
    ]
