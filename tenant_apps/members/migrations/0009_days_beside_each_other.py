from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0008_professional_duties'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='member',
            index=models.Index(fields=['joined_on', 'birth_on', 'id'], name='members_joined_born'),
        ),
        migrations.AddIndex(
            model_name='member',
            index=models.Index(fields=['birth_on', 'joined_on', 'id'], name='members_born_joined'),
        ),
    ]
