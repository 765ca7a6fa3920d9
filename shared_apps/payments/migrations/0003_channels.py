"""Three channels, with room for the numbers that the newer two give."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0002_order_steps"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="channelconfig",
            name="payments_config_channel_known",
        ),
        migrations.AlterField(
            model_name="channelconfig",
            name="channel",
            field=models.CharField(
                choices=[("wechat", "微信支付"), ("alipay", "支付宝"), ("bank", "手机银行")],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="channelconfig",
            name="merchant_serial",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name="channelconfig",
            name="platform_key_id",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name="channelevent",
            name="channel",
            field=models.CharField(
                choices=[("wechat", "微信支付"), ("alipay", "支付宝"), ("bank", "手机银行")],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="channelevent",
            name="event_key",
            field=models.CharField(max_length=200),
        ),
        migrations.AlterField(
            model_name="channelevent",
            name="transaction_id",
            field=models.CharField(max_length=64),
        ),
        migrations.AlterField(
            model_name="order",
            name="transaction_id",
            field=models.CharField(blank=True, max_length=64, null=True),
        ),
        migrations.AlterField(
            model_name="rejectedcallback",
            name="channel",
            field=models.CharField(
                choices=[("wechat", "微信支付"), ("alipay", "支付宝"), ("bank", "手机银行")],
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="channelconfig",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["wechat", "alipay", "bank"])),
                name="payments_config_channel_known",
            ),
        ),
    ]
