"""Packs as stored: seeded once, dated, readable from a unit and never writable there."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from django.db import ProgrammingError, transaction

from shared_apps.rules import services
from shared_apps.rules.models import RulePack
from shared_apps.rules.selectors import dues_pack, dues_packs, packs


class TestSeed:
    def test_doing_it_again_adds_nothing(self, db):
        codes = Counter(RulePack.objects.values_list("code", flat=True))
        assert codes == {"dues": 2, "admission": 2, "calendar": 2, "banks": 1}
        assert services.seed() == 0

    def test_refuses_a_changed_pack_under_an_old_version(self, db):
        RulePack.objects.filter(code="dues", version="2017").update(checksum="0" * 64)
        with pytest.raises(services.PackChanged):
            services.seed()

    def test_a_citation_may_be_set_right_and_nothing_else(self, db):
        row = RulePack.objects.get(code="admission", version="2014")
        shipped, row.content["acts"][1]["article"] = row.checksum, "第七条"
        row.checksum = services._checksum(row.content)
        row.save()
        services.seed()
        row.refresh_from_db()
        assert (row.checksum, row.content["acts"][1]["article"]) == (shipped, "细则（2014）")
        row.content["acts"][1]["clocks"][0]["months"] = 2
        row.checksum = services._checksum(row.content)
        row.save()
        with pytest.raises(services.PackChanged):
            services.seed()

    def test_an_end_may_be_added_later(self, db):
        row = RulePack.objects.get(code="dues", version="2008")
        row.content["effective_to"], row.effective_to = None, None
        row.save()
        services.seed()
        row.refresh_from_db()
        assert row.effective_to == dt.date(2016, 12, 31)


class TestDuesPack:
    def test_is_the_version_in_force_on_the_day(self, db):
        assert dues_pack(dt.date(2016, 12, 31)).version == "2008"
        assert dues_pack(dt.date(2017, 1, 1)).version == "2017"
        assert dues_pack(dt.date(2026, 11, 22)) is dues_pack(dt.date(2026, 1, 1))

    def test_before_the_first_version_there_is_none(self, db):
        with pytest.raises(packs.NoRulesInForce):
            dues_pack(dt.date(2008, 3, 31))

    def test_an_empty_table_is_not_remembered(self, db):
        kept = list(RulePack.objects.all())
        RulePack.objects.all().delete()
        packs.forget()
        assert dues_packs() == ()
        RulePack.objects.bulk_create(kept)
        assert len(dues_packs()) == 2

    def test_every_value_names_its_article(self, db):
        pack = dues_pack(dt.date(2026, 11, 22))
        sources = [
            *(c.article for c in pack.rated.values()),
            *(c.article for c in pack.fixed.values()),
            *(p.article for p in pack.parameters.values()),
            *(i.article for i in pack.base_items.values()),
        ]
        assert all(sources)
        assert pack.rated["WAGE"].article == "中组发〔2008〕3号第二条"


class TestIsolation:
    def test_a_unit_reads_but_cannot_write(self, alpha):
        packs.forget()
        assert dues_pack(dt.date(2026, 11, 22)).version == "2017"
        with pytest.raises(ProgrammingError), transaction.atomic():
            RulePack.objects.all().delete()
