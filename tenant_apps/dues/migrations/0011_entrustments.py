"""Entrustments for batches, and what of a batch's list was not taken."""

import django.db.models.deletion
import kernel.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dues', '0010_claims'),
        ('members', '0008_professional_duties'),
    ]

    operations = [
        migrations.AddField(
            model_name='lot',
            name='faults',
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.CreateModel(
            name='Entrustment',
            fields=[
                ('id', models.UUIDField(default=kernel.models.uuid7, editable=False, primary_key=True, serialize=False)),
                ('way', models.CharField(choices=[('paper', '书面委托'), ('phone', '本人手机确认')], max_length=8)),
                ('first_month', models.PositiveIntegerField()),
                ('last_month', models.PositiveIntegerField(null=True)),
                ('note', models.CharField(blank=True, max_length=120)),
                ('scan', models.JSONField(null=True)),
                ('entered_by', models.UUIDField()),
                ('entered_by_name', models.CharField(max_length=60)),
                ('entered_at', models.DateTimeField()),
                ('is_current', models.BooleanField(db_default=True, default=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by_name', models.CharField(blank=True, max_length=60)),
                ('ended_why', models.CharField(blank=True, max_length=120)),
                ('member', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='members.member')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('member',), name='dues_entrustment_one_in_force'), models.CheckConstraint(condition=models.Q(('last_month__isnull', True), ('first_month__lte', models.F('last_month')), _connector='OR'), name='dues_entrustment_span'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('is_current', True)), models.Q(('ended_at__isnull', False), ('is_current', False)), _connector='OR'), name='dues_entrustment_ended_when'), models.CheckConstraint(condition=models.Q(('way', 'phone'), models.Q(('note', ''), _negated=True), _connector='OR'), name='dues_entrustment_paper_is_named')],
            },
        ),
    ]
