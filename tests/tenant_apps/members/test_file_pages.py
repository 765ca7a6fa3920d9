"""The pages of a member's file, at the desk and on the phone."""

import datetime as dt
import re
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kernel import clock
from kernel.unit import Purpose, enter_for, unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Correction, Entry, EntryKind, Member
from tenant_apps.members.selectors import birthdays
from tenant_apps.members.services import cards, entries, looking
from tests import cast
from tests.conftest import FacingClient
from tests.factories.members import make_member
from tests.factories.organizations import NOW, admin, small_tree, somebody
from tests.tenant_apps.members.test_pictures import exif, jpeg

TODAY = clock.today()


@pytest.fixture
def ada(alpha, tree):
    return cast.officer(FacingClient(), alpha)


@pytest.fixture
def member(tree):
    return make_member(tree.l1, identity_number="320303198001010011", phone="13812345678")


@pytest.fixture
def cleo(alpha, member):
    return cast.member(FacingClient(), alpha, member.id)


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def picture(content=None):
    return SimpleUploadedFile("a.jpg", content or jpeg(exif(1)), content_type="image/jpeg")


def form_of(client, address):
    """What the form of a page would send back untouched."""
    context = client.get(address).context["form"]
    values = {name: context[name].value() for name in context.fields}
    return {name: value for name, value in values.items() if value not in (None, False)}


class TestDesk:
    @pytest.mark.parametrize("tab", ["", "?tab=sets", "?tab=history", "?tab=nonsense"])
    def test_shows_every_tab(self, ada, member, tab):
        page = ada.get(f"/members/{member.id}/{tab}")
        assert page.status_code == 200 and "更正档案" in text_of(page)

    def test_opening_a_file_is_told_once_a_day_and_person(self, ada, member):
        for _ in range(2):
            ada.get(f"/members/{member.id}/")
        assert audit.events_about(member.id).filter(code="member.file_opened").count() == 1
        who = {"member": member, "actor": somebody(("secretary", "")), "now": NOW}
        assert looking.opened(**who) and not looking.opened(**who)
        assert looking.opened(**{**who, "now": NOW + dt.timedelta(days=1)})
        own = somebody(("secretary", ""), member_id=member.pk)
        assert not looking.opened(member=member, actor=own, now=NOW)

    def test_prints_the_whole_file_masked_and_says_so(self, ada, member):
        entries.add(member=member, kind=EntryKind.NOTE, data={"text": "虚构的备注"},
                    actor=admin(), now=NOW)  # fmt: skip
        page = text_of(ada.get(f"/members/{member.id}/print/"))
        assert "党员信息表" in page and "虚构的备注" in page
        assert "320303198001010011" not in page and "320***********0011" in page
        assert audit.events_about(member.id).filter(code="member.file_printed").exists()

    def test_of_another_unit_is_not_found(self, ada, beta):
        with unit_context(beta.id):
            foreign = make_member(small_tree().l1)
        for address in ("", "print/", "photo/", "versions/", "edit/", "entries/add/?kind=note"):
            assert ada.get(f"/members/{foreign.id}/{address}").status_code == 404, address
        assert ada.post(f"/members/{foreign.id}/card/").status_code == 404

    def test_is_read_only_for_the_treasurer(self, alpha, member):
        ben = cast.officer(FacingClient(), alpha, role="treasurer", name="本")
        page = text_of(ben.get(f"/members/{member.id}/?tab=sets"))
        assert "学历学位" in page and "家庭成员" not in page
        for address in ("edit/", "entries/add/?kind=note"):
            assert ben.get(f"/members/{member.id}/{address}").status_code == 403
        assert ben.post(f"/members/{member.id}/card/").status_code == 403
        assert ben.get("/members/corrections/").status_code == 403


class TestCorrecting:
    def test_an_untouched_form_changes_nothing(self, ada, member):
        address = f"/members/{member.id}/edit/"
        assert ada.post(address, form_of(ada, address)).status_code == 302
        assert Member.objects.get().version == 1
        assert not audit.events_about(member.id).exists()

    def test_two_at_once_lose_nothing(self, ada, member):
        address = f"/members/{member.id}/edit/"
        mine = form_of(ada, address) | {"workplace": "化验室", "native_place": "徐州"}
        theirs = form_of(ada, address) | {"workplace": "供水车间", "department": "生产部"}
        assert ada.post(address, theirs).status_code == 302
        clash = ada.post(address, mine)
        page = text_of(clash)
        assert clash.status_code == 409
        assert "供水车间" in page and "化验室" in page and "他人已更正了下列项目" in page
        form = clash.context["form"]
        again = {name: form[name].value() for name in form.fields}
        again = {name: value for name, value in again.items() if value not in (None, False)}
        assert ada.post(address, again).status_code == 302
        kept = Member.objects.get()
        assert (kept.workplace, kept.native_place, kept.department) == ("化验室", "徐州", "生产部")

    def test_a_refusal_stands_at_its_field(self, ada, member):
        address = f"/members/{member.id}/edit/"
        sent = form_of(ada, address)
        for change, field in (
            ({"phone": "12"}, "phone"),
            ({"identity": "123"}, "identity"),
            ({"birth_on": "1979-01-01"}, "reason"),
        ):
            answer = ada.post(address, sent | change)
            assert answer.status_code == 422 and answer.context["form"].errors[field], field

    def test_a_forged_memory_of_the_page_is_as_none(self, ada, member):
        address = f"/members/{member.id}/edit/"
        for seen in ("nonsense", "[]", '{"name": 1}'):
            sent = form_of(ada, address) | {"seen": seen, "workplace": f"车间{len(seen)}"}
            assert ada.post(address, sent).status_code == 302
            assert Member.objects.get().workplace == f"车间{len(seen)}"


class TestPhoto:
    def test_is_put_shown_and_taken_away(self, ada, member):
        home = f"/members/{member.id}"
        assert ada.get(f"{home}/photo/").status_code == 404
        assert ada.post(f"{home}/photo/put/", {"photo": picture()}).status_code == 302
        shown = ada.get(f"{home}/photo/")
        assert (shown.content, shown["Content-Type"]) == (jpeg(), "image/jpeg")
        assert shown["X-Content-Type-Options"] == "nosniff"
        assert f"{home}/photo/?v=2" in text_of(ada.get(f"{home}/"))
        assert ada.post(f"{home}/photo/remove/").status_code == 302
        assert Member.objects.get().photo_key == ""

    def test_that_is_none_is_refused_with_words(self, ada, member):
        address = f"/members/{member.id}/photo/put/"
        refused = ada.post(address, {"photo": picture(b"<svg/>")})
        assert refused.status_code == 422 and "JPG 或 PNG" in text_of(refused)
        assert "请选择一张照片" in text_of(ada.post(address))


class TestEntries:
    def test_are_added_changed_struck_out_and_taken_back(self, ada, member):
        home = f"/members/{member.id}"
        assert "慰问时机" in text_of(ada.get(f"{home}/entries/add/?kind=condolence"))
        row = {"occasion": "七一", "visitors": "艾达", "amount_fen": "500.50",
               "began_on": "2026-07-01"}  # fmt: skip
        added = ada.post(f"{home}/entries/add/?kind=condolence", row)
        assert added["Location"] == f"{home}/?tab=sets#condolence"
        entry = Entry.objects.get()
        assert entry.data["amount_fen"] == 50_050
        assert "500.50 元" in text_of(ada.get(f"{home}/?tab=sets"))
        address = f"/members/entries/{entry.id}/"
        assert ada.post(address, form_of(ada, address) | {"goods": "米"}).status_code == 302
        assert Entry.objects.get().data["goods"] == "米"
        assert ada.post(f"{address}strike/", {"reason": "重复登记"}).status_code == 302
        assert "已划去" in text_of(ada.get(f"{home}/?tab=sets"))
        assert ada.post(f"{address}restore/").status_code == 302
        assert Entry.objects.get().struck_at is None

    def test_say_what_is_wrong_at_its_field(self, ada, member):
        row = {"measure": "警告", "organ": "市纪委", "document": "〔2026〕1 号",
               "began_on": "2026-07-01", "ended_on": "2026-06-01"}  # fmt: skip
        refused = ada.post(f"/members/{member.id}/entries/add/?kind=discipline", row)
        assert refused.status_code == 422 and refused.context["form"].errors["ended_on"]
        assert ada.post(f"/members/{member.id}/entries/add/?kind=note", {}).status_code == 422

    def test_of_a_state_are_not_written_by_hand(self, ada, member):
        for kind in ("lost", "away", "nonsense"):
            assert ada.get(f"/members/{member.id}/entries/add/?kind={kind}").status_code == 404

    def test_a_relatives_number_is_opened_for_a_reason(self, ada, member):
        data = {"relation": "配偶", "name": "虚构人", "phone": "13900002222"}
        entry = entries.add(member=member, kind=EntryKind.FAMILY, data=data, actor=admin(), now=NOW)
        address = f"/members/{member.id}/reveal/"
        sent = {"what": "relative", "entry": entry.id, "field": "phone", "reason": "紧急联系家属"}
        opened = ada.post(address, sent)
        assert "13900002222" in text_of(opened) and opened["Cache-Control"] == "no-store"
        assert "13900002222" not in text_of(ada.get(f"/members/{member.id}/?tab=sets"))
        assert ada.post(address, sent | {"field": "name"}).status_code == 404


class TestVersions:
    def test_show_the_difference_and_give_a_field_back(self, ada, member):
        address = f"/members/{member.id}/edit/"
        ada.post(address, form_of(ada, address) | {"workplace": "化验室", "reason": "岗位调整"})
        page = text_of(ada.get(f"/members/{member.id}/versions/"))
        assert "化验室" in page and "岗位调整" in page and "恢复原值" in page
        event = audit.events_about(member.id).get(code="member.corrected")
        back = f"/members/versions/{event.id}/restore/"
        assert ada.post(back, {"field": "workplace"}).status_code == 302
        assert Member.objects.get().workplace == ""
        assert ada.post(back, {"field": "category"}).status_code == 422

    def test_show_the_file_of_a_day(self, ada, member):
        page = text_of(ada.get(f"/members/{member.id}/versions/?on=2020-01-01"))
        assert "2020-01-01 的档案与现在" in page
        assert "的档案与现在" not in text_of(ada.get(f"/members/{member.id}/versions/?on=x"))


class TestCorrections:
    def asked(self, cleo, field="education", value="硕士研究生", **more):
        address = f"/m/me/corrections/new/?field={field}"
        return cleo.post(address, {"value": value, "reason": "毕业证书为准", **more})

    def test_go_from_the_phone_to_the_desk_and_back(self, ada, cleo, member):
        assert "现在登记：大学本科" in text_of(cleo.get("/m/me/corrections/new/?field=education"))
        assert self.asked(cleo, proof=picture())["Location"] == "/m/me/corrections/"
        row = Correction.objects.get()
        assert "1" in text_of(ada.get("/")) and "党员申请更正档案" in text_of(ada.get("/"))
        assert "新增" not in text_of(ada.get("/members/corrections/"))
        page = text_of(ada.get(f"/members/corrections/{row.id}/"))
        assert "硕士研究生" in page and "a.jpg" in page
        proof = ada.get(f"/members/corrections/{row.id}/file/")
        assert proof.content == jpeg()
        assert cleo.get(f"/m/me/corrections/{row.id}/file/").content == jpeg()
        refused = ada.post(f"/members/corrections/{row.id}/", {"decision": "refuse"})
        assert refused.status_code == 422
        done = ada.post(f"/members/corrections/{row.id}/", {"decision": "accept"})
        assert done["Location"] == "/members/corrections/"
        assert Member.objects.get().education == "硕士研究生"
        assert "已采纳" in text_of(cleo.get("/m/me/corrections/"))

    def test_for_a_row_of_a_set(self, ada, cleo):
        address = "/m/me/corrections/new/?field=work"
        row = {"workplace": "虚构水厂", "post": "工人", "began_on": "2020-01-01"}
        refused = cleo.post(address, row)
        assert refused.status_code == 422 and refused.context["form"].errors["reason"]
        assert cleo.post(address, row | {"reason": "工作证为准"}).status_code == 302
        pk = Correction.objects.get().id
        ada.post(f"/members/corrections/{pk}/", {"decision": "accept"})
        assert Entry.objects.get().began_on == dt.date(2020, 1, 1)
        assert "虚构水厂" in text_of(cleo.get("/m/me/sets/"))

    def test_are_withdrawn_by_the_member_only(self, alpha, ada, cleo, tree):
        self.asked(cleo)
        pk = Correction.objects.get().id
        other = cast.member(FacingClient(), alpha, make_member(tree.l1, "旁人").id)
        assert other.post(f"/m/me/corrections/{pk}/withdraw/").status_code == 404
        assert other.get(f"/m/me/corrections/{pk}/file/").status_code == 404
        assert cleo.post(f"/m/me/corrections/{pk}/withdraw/").status_code == 302
        late = ada.post(f"/members/corrections/{pk}/", {"decision": "accept"})
        assert late.status_code == 422 and "已经处理" in text_of(late)

    def test_of_what_the_party_decides_there_are_none(self, cleo):
        for field in ("category", "posts", "discipline", "nonsense", ""):
            assert cleo.get(f"/m/me/corrections/new/?field={field}").status_code == 404

    def test_say_what_is_wrong(self, cleo):
        assert self.asked(cleo, "birth_on", "2090-01-01").status_code == 422
        wrong = self.asked(cleo, "phone", "12")
        assert wrong.status_code == 422 and wrong.context["form"].errors["value"]


class TestCard:
    def check(self, client, page):
        """Opens what a camera would read off the card."""
        address = urlsplit(page.context["check_url"])
        return client.get(f"{address.path}?{address.query}")

    def test_on_the_phone_is_checked_at_the_desk(self, alpha, ada, cleo, member):
        ada.post(f"/members/{member.id}/photo/put/", {"photo": picture()})
        page = cleo.get("/m/card/")
        assert "<svg" in text_of(page) and "曾国强" in text_of(page)
        address = urlsplit(page.context["check_url"])
        assert address.netloc == f"{alpha.label}.{'test'}"
        checked = self.check(ada, page)
        assert "有效" in text_of(checked) and "曾国强" in text_of(checked)
        code = checked.context["code"]
        assert ada.get(f"/members/card-check/photo/?c={code}").content == jpeg()
        assert cleo.get("/m/me/photo/").content == jpeg()
        assert cleo.get(f"/members/card-check/?c={code}").status_code == 403

    def test_changes_its_code_and_an_old_one_is_over(self, cleo, member):
        first, second = (cleo.get("/m/card/code/") for _ in range(2))
        assert first["Cache-Control"] == "no-store" and second.status_code == 200
        code = cards.code_for(member, now=NOW)
        assert cards.check(code=code, now=NOW + cards.LASTS).is_valid
        late = cards.check(code=code, now=NOW + cards.LASTS + dt.timedelta(seconds=1))
        assert late.verdict is cards.Verdict.OVER and late.member is None

    def test_on_paper_is_void_when_the_member_moves_or_leaves(self, ada, member, tree):
        page = ada.post(f"/members/{member.id}/card/")
        assert "党员证" in text_of(page)
        assert "纸质党员证" in text_of(self.check(ada, page))
        Member.objects.update(org=tree.r1, org_path=tree.r1.path)
        assert "组织关系已转到其他支部" in text_of(self.check(ada, page))
        Member.objects.update(is_active=False)
        gone = text_of(self.check(ada, page))
        assert "此证作废" in gone and "曾国强" not in gone

    @pytest.mark.parametrize("code", ["", "x", "a.b", "é.é", "e30.x"])
    def test_that_is_none_is_a_verdict(self, ada, code):
        page = ada.get("/members/card-check/", {"c": code})
        assert page.status_code == 200 and "不能确认" in text_of(page)
        assert ada.get("/members/card-check/photo/", {"c": code}).status_code == 404

    def test_of_another_unit_says_nothing(self, ada, beta):
        with unit_context(beta.id):
            code = cards.code_for(make_member(small_tree().l1), now=clock.now())
        assert "不能确认" in text_of(ada.get("/members/card-check/", {"c": code}))


class TestBirthdays:
    def test_list_the_month_within_the_sub_tree(self, alpha, tree):
        make_member(tree.l1, "七一人", joined_on=dt.date(2006, 7, 1))
        make_member(tree.l1, "八月人", joined_on=dt.date(2006, 8, 1), full_on=None)
        make_member(tree.r1, "别处人", joined_on=dt.date(2006, 7, 1))
        ben = cast.officer(FacingClient(), alpha, role="secretary", scope=tree.left.path)
        page = text_of(ben.get("/members/birthdays/?month=7"))
        assert "七一人" in page and "八月人" not in page and "别处人" not in page
        assert f"{TODAY.year - 2006} 周年" in page
        assert "没有党员过政治生日" in text_of(ben.get("/members/birthdays/?month=2"))
        assert ben.get(f"/members/birthdays/?org={tree.r1.id}").status_code == 404
        assert ben.get("/members/birthdays/?month=13").status_code == 200

    def test_wait_on_the_secretarys_list_and_greet_the_member(self, alpha, tree):
        joined = TODAY.replace(year=TODAY.year - 10)
        member = make_member(tree.l1, joined_on=joined, full_on=None)
        ben = cast.officer(FacingClient(), alpha, role="secretary", scope=tree.l1.path)
        assert "党员一周内过政治生日" in text_of(ben.get("/"))
        cleo = cast.member(FacingClient(), alpha, member.id)
        for address in ("/m/me/", "/m/card/"):
            assert "入党 10 周年" in text_of(cleo.get(address))

    def test_who_joined_on_a_leap_day_has_one_every_year(self, tree):
        member = make_member(tree.l1, joined_on=dt.date(2008, 2, 29), full_on=None)
        days = {year: birthdays.birthday_of(member, year=year) for year in (2008, 2026, 2028)}
        assert days[2008] is None
        assert (days[2026].on, days[2026].years) == (dt.date(2026, 2, 28), 18)
        assert (days[2028].on, days[2028].is_round) == (dt.date(2028, 2, 29), True)


class TestPhone:
    @pytest.mark.parametrize(
        "address", ["/m/me/", "/m/me/sets/", "/m/me/looks/", "/m/me/corrections/", "/m/card/"]
    )
    def test_every_page_stands_on_both_hosts(self, alpha, member, address):
        for host in ("", "m.test"):
            client = cast.member(FacingClient(), alpha, member.id, host=host)
            assert client.get(address).status_code == 200

    def test_says_who_looked_and_why(self, ada, cleo, member):
        ada.get(f"/members/{member.id}/")
        ada.post(f"/members/{member.id}/reveal/", {"what": "phone", "reason": "通知开会"})
        page = text_of(cleo.get("/m/me/looks/"))
        assert "查看了档案" in page and "查看了手机号码" in page and "通知开会" in page

    def test_is_for_members_only(self, ada):
        for address in ("/m/me/sets/", "/m/me/looks/", "/m/me/corrections/", "/m/card/"):
            assert ada.get(address).status_code == 403


def test_a_unit_that_is_only_read_shows_files_and_takes_no_line(alpha, member):
    enter_for(Purpose.READING)
    assert not looking.opened(member=member, actor=somebody(("secretary", "")), now=NOW)
