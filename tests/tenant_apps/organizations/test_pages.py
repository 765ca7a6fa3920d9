"""Pages and API of the tree, and who may do what there."""

import datetime as dt
import json
import re

import pytest

from kernel.clock import today
from kernel.unit import unit_context
from tenant_apps.organizations.models import Kind, Organization
from tests import cast
from tests.conftest import FacingClient
from tests.factories.members import make_member
from tests.factories.organizations import small_tree

TODAY = today()


@pytest.fixture
def tree(alpha):
    return small_tree()


@pytest.fixture
def ada(alpha, tree):
    return cast.officer(FacingClient(), alpha)


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def send(client, verb, address, data):
    return getattr(client, verb)(address, json.dumps(data), content_type="application/json")


def sheet(name="新支部", **fields):
    return {
        "name": name, "short_name": name, "kind": Kind.BRANCH, "document": "8 号", **fields,
    }  # fmt: skip


def decision(**fields):
    return {"on": f"{TODAY}", "reason": "机构改革", **fields}


def undo_of(response):
    return json.loads(bytes.fromhex(response.cookies["toast"].value))[0]["undo"]


class TestOrganization:
    def test_shows_sheet_counts_warnings_children_and_officers(self, ada, tree):
        make_member(tree.l1, "钱书", posts="支部书记")
        page = text_of(ada.get(f"/organizations/{tree.l1.id}/"))
        assert "中共l1" in page and "正式党员 1 名，不足 3 名" in page and "钱书" in page
        above = text_of(ada.get(f"/organizations/{tree.left.id}/"))
        assert "直接下级组织" in above and "正式党员不足 3 名" in above

    def test_begins_at_the_outermost_and_is_worded_without_any(self, ada, tree, alpha):
        assert "root" in text_of(ada.get("/organizations/"))
        Organization.objects.all()._raw_delete("default")
        assert "还没有党组织" in text_of(ada.get("/organizations/"))

    def test_finds_in_the_tree_and_opens_levels(self, ada, tree):
        assert str(tree.l2.id) in text_of(ada.get("/organizations/?org_q=l2"))
        assert "没有名称含「无」" in text_of(ada.get("/organizations/?org_q=无"))
        assert "l1" in text_of(ada.get(f"/organizations/tree/{tree.left.id}/"))


class TestForms:
    def test_make_and_change_an_organisation(self, ada, tree):
        new = f"/organizations/{tree.left.id}/children/new/"
        assert "上级组织：中共left" in text_of(ada.get(new))
        made = ada.post(new, sheet())
        org = Organization.objects.get(name="新支部")
        assert made["Location"] == f"/organizations/{org.id}/"
        edit = f"/organizations/{org.id}/edit/"
        assert ada.get(edit).status_code == 200
        ada.post(edit, sheet("改名支部", term_ends_on="2027-01-01"))
        page = text_of(ada.get(f"/organizations/{org.id}/"))
        assert "新支部 → 改名支部" in page and "还有" in page

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"name": "中共l1"}, "已有名为"),
            ({"name": ""}, "必填"),
            ({"founded_on": "2026-01-01", "term_ends_on": "2025-01-01"}, "不能早于成立日期"),
            ({"kind": "NONSENSE"}, "error-summary"),
        ],
    )
    def test_say_what_is_wrong_at_the_field(self, ada, tree, wrong, words):
        for address in (
            f"/organizations/{tree.left.id}/children/new/",
            f"/organizations/{tree.l2.id}/edit/",
        ):
            answer = ada.post(address, sheet() | wrong)
            assert answer.status_code == 422
            assert words in text_of(answer)


class TestMove:
    def test_shows_what_goes_along_then_moves_and_takes_back(self, ada, tree):
        make_member(tree.l1)
        address = f"/organizations/{tree.l1.id}/move/"
        page = text_of(ada.get(address))
        assert str(tree.right.id) in page and str(tree.left.id) not in page.split("可选的组织")[1]
        assert "没有可选的组织" in text_of(ada.get(f"{address}?q=无"))
        page = text_of(ada.get(f"{address}?to={tree.right.id}"))
        assert "<b>1 个</b>" in page and "<b>1 名</b>" in page and "确认移动" in page
        moved = ada.post(address, decision(to=tree.right.id))
        assert Organization.objects.get(pk=tree.l1.pk).parent_id == tree.right.id
        assert ada.post(undo_of(moved)).status_code == 302
        assert Organization.objects.get(pk=tree.l1.pk).parent_id == tree.left.id

    @pytest.mark.parametrize("target", ["r1", "l1", "nonsense"])
    def test_says_why_not(self, ada, tree, target):
        to = getattr(tree, target).id if hasattr(tree, target) else target
        answer = ada.post(f"/organizations/{tree.l1.id}/move/", decision(to=to))
        assert answer.status_code == 422
        assert "没有完成" in text_of(answer) or "其下可设" in text_of(answer)

    def test_asks_for_the_reason_at_its_field(self, ada, tree):
        answer = ada.post(
            f"/organizations/{tree.l1.id}/move/", decision(to=tree.right.id, reason="")
        )
        assert answer.status_code == 422 and "调整原因" in text_of(answer)

    def test_offers_choices_while_one_types(self, ada, tree):
        address = f"/organizations/{tree.l1.id}/move/choices/"
        assert str(tree.right.id) in text_of(ada.get(f"{address}?q=right"))
        assert "没有名称含「无」" in text_of(ada.get(f"{address}?q=无"))

    def test_takes_no_forged_undo(self, ada, tree):
        assert ada.post("/organizations/acts/forged.token/undo/").status_code == 404


class TestActs:
    """Each page tells what it would do, does it, and its toast takes it back."""

    def test_merge(self, ada, tree):
        make_member(tree.l1)
        address = f"/organizations/{tree.l1.id}/merge/"
        assert str(tree.l2.id) in text_of(ada.get(address))
        assert "确认合并" in text_of(ada.get(f"{address}?to={tree.l2.id}"))
        done = ada.post(address, decision(to=tree.l2.id))
        assert done["Location"] == f"/organizations/{tree.l2.id}/"
        assert ada.get(f"/organizations/{tree.l1.id}/").status_code == 404
        history = text_of(ada.get(f"/organizations/{tree.l1.id}/history/"))
        assert "并入「l2」" in history and "已于" in history
        assert ada.post(undo_of(done)).status_code == 302
        assert ada.get(f"/organizations/{tree.l1.id}/").status_code == 200

    def test_dissolve(self, ada, tree):
        make_member(tree.l1)
        address = f"/organizations/{tree.l1.id}/dissolve/"
        assert "确认撤销组织" in text_of(ada.get(address))
        refused = ada.post(address, decision())
        assert refused.status_code == 422 and "还有 1 名党员" in text_of(refused)
        done = ada.post(address, decision(to=tree.r1.id))
        assert done["Location"] == f"/organizations/{tree.r1.id}/"

    def test_split(self, ada, tree):
        members = [make_member(tree.l1, f"员{n}") for n in range(6)]
        address = f"/organizations/{tree.l1.id}/split/"
        assert "员0" in text_of(ada.get(address))
        wanted = decision(
            name="中共新", short_name="新", kind=Kind.BRANCH, members=[m.id for m in members[:2]]
        )
        refused = ada.post(address, wanted)
        assert refused.status_code == 422 and "不足 3 名" in text_of(refused)
        wanted["members"] = [m.id for m in members[:3]]
        looked = ada.post(address, wanted)
        assert "确认分设" in text_of(looked) and not Organization.objects.filter(name="中共新")
        done = ada.post(address, {**wanted, "step": "decide"})
        made = Organization.objects.get(name="中共新")
        assert done["Location"] == f"/organizations/{made.id}/"
        assert ada.post(undo_of(done)).status_code == 302
        assert ada.get(f"/organizations/{made.id}/").status_code == 404

    def test_retype(self, ada, tree):
        make_member(tree.alone)
        address = f"/organizations/{tree.alone.id}/retype/"
        page = text_of(ada.get(f"{address}?kind=GENERAL_BRANCH"))
        assert "原有党员编入的党支部" in page and "一般为超过 50 名" in page
        wanted = decision(kind="GENERAL_BRANCH", branch="中共alone支部", document="9 号")
        done = ada.post(address, wanted)
        assert Organization.objects.get(name="中共alone支部").parent_id == tree.alone.id
        assert ada.post(undo_of(done)).status_code == 302
        assert ada.post(address, decision(kind="GROUP")).status_code == 422

    def test_the_superior_decides(self, alpha, tree):
        part = FacingClient()
        cast.officer(part, alpha, scope=tree.left.path, name="部")
        for act in ("merge", "dissolve", "split", "retype"):
            assert part.get(f"/organizations/{tree.l1.id}/{act}/").status_code == 200
            assert part.get(f"/organizations/{tree.left.id}/{act}/").status_code == 404
        outside = part.post(f"/organizations/{tree.l1.id}/merge/", decision(to=tree.r1.id))
        assert outside.status_code == 422


class TestPast:
    def test_pages_show_the_tree_of_a_day_and_levels(self, ada, tree):
        moving = f"/organizations/{tree.l1.id}/move/"
        ada.post(moving, decision(to=tree.right.id))
        before = f"{TODAY - dt.timedelta(days=1)}"
        page = text_of(ada.get(f"/organizations/past/?on={before}"))
        assert "left" in page and "没有调整" in page
        assert "改隶「right」" in text_of(ada.get("/organizations/past/?on=nonsense"))
        level = f"/organizations/past/{tree.left.id}/?on="
        assert "l1" in text_of(ada.get(f"{level}{before}"))
        assert "l1" not in text_of(ada.get(f"{level}{TODAY}"))

    def test_a_drawing_fits_a_sheet(self, ada, tree):
        address = f"/organizations/{tree.root.id}/drawing/"
        page = text_of(ada.get(f"{address}?paper=a3&levels=2"))
        assert "paper-a3" in page and "下设 2 个" in page and "共 3 级，画出前 2 级" in page

    def test_the_list_has_filters(self, ada, tree):
        assert "中共l1" not in text_of(ada.get("/organizations/list/?kind=COMMITTEE"))
        assert "没有符合条件的组织" in text_of(ada.get("/organizations/list/?region=无"))


class TestWorkplaces:
    def test_are_added_and_removed(self, ada, tree):
        address = f"/organizations/{tree.l1.id}/workplaces/"
        assert ada.post(address, {"name": "云龙机械厂"}).status_code == 302
        assert "云龙机械厂" in text_of(ada.get(f"/organizations/{tree.l1.id}/"))
        wrong = ada.post(address, {"name": "别厂", "credit_code": "123"})
        assert wrong.status_code == 422 and "不正确" in text_of(wrong)
        one = tree.l1.workplaces.get()
        assert ada.post(f"{address}{one.id}/remove/").status_code == 302
        assert not tree.l1.workplaces.exists()


class TestApi:
    def test_lists_levels_and_shows_one(self, ada, tree):
        top = ada.get("/api/v1/organizations/").json()
        assert [row["short_name"] for row in top] == ["root"]
        below = ada.get(f"/api/v1/organizations/?parent={tree.left.id}").json()
        assert [row["short_name"] for row in below] == ["l1", "l2"]
        one = ada.get(f"/api/v1/organizations/{tree.l1.id}/").json()
        assert one["members_within"] == 0
        assert [warning["code"] for warning in one["warnings"]] == ["too_few_full_members"]
        assert ada.get("/api/v1/organizations/?parent=x").status_code == 422

    def test_makes_changes_and_moves(self, ada, tree):
        made = send(ada, "post", "/api/v1/organizations/", sheet(parent_id=str(tree.left.id)))
        assert made.status_code == 201
        address = f"/api/v1/organizations/{made.json()['id']}/"
        changed = send(ada, "patch", address, {"code": "C7"}).json()
        assert (changed["code"], changed["name"]) == ("C7", "新支部")
        wanted = decision(parent_id=str(tree.right.id))
        told = ada.get(f"{address}move/?to={tree.right.id}").json()
        assert (told["organizations"], told["members"]) == (1, 0)
        moved = send(ada, "post", f"{address}move/", wanted).json()
        assert moved["organization"]["parent_id"] == str(tree.right.id)
        undone = send(ada, "post", f"/api/v1/organizations/acts/{moved['act']}/undo/", {})
        assert undone.status_code == 200
        assert ada.get(address).json()["parent_id"] == str(tree.left.id)

    def test_decides_and_tells_the_history(self, ada, tree):
        members = [str(make_member(tree.l1).id) for _ in range(6)]
        base = "/api/v1/organizations"
        split = send(ada, "post", f"{base}/{tree.l1.id}/split/", decision(
            name="中共新", short_name="新", kind="BRANCH", members=members[:3]
        ))  # fmt: skip
        assert split.status_code == 201
        made = split.json()["organization"]["id"]
        merge = decision(into_id=str(tree.l2.id))
        assert ada.get(f"{base}/{made}/merge/?to={tree.l2.id}").json()["members"] == 3
        assert send(ada, "post", f"{base}/{made}/merge/", merge).status_code == 200
        kinds = [row["kind"] for row in ada.get(f"{base}/{tree.l2.id}/history/").json()]
        assert {"GAINED", "MERGED", "FOUNDED", "PARTED"} == set(kinds)
        retype = decision(kind="JOINT_BRANCH")
        assert send(ada, "post", f"{base}/{tree.l2.id}/retype/", retype).status_code == 200
        dissolve = send(ada, "post", f"{base}/{tree.r1.id}/dissolve/", decision())
        assert dissolve.json()["organization"]["ended_on"] == f"{TODAY}"
        day = f"{TODAY - dt.timedelta(days=1)}"
        past = ada.get(f"{base}/past/?on={day}&parent={tree.right.id}").json()
        assert [(row["name"], row["has_ended"]) for row in past] == [("中共r1", True)]

    def test_keeps_workplaces(self, ada, tree):
        address = f"/api/v1/organizations/{tree.l1.id}/workplaces/"
        made = send(ada, "post", address, {"name": "云龙机械厂"}).json()
        assert [row["name"] for row in ada.get(address).json()] == ["云龙机械厂"]
        assert ada.delete(f"{address}{made['id']}/").status_code == 204

    def test_refuses_with_codes(self, ada, tree):
        address = f"/api/v1/organizations/{tree.left.id}/"
        assert send(ada, "patch", address, {"colour": "red"}).status_code == 422
        wanted = decision(parent_id=str(tree.l1.id))
        moved = send(ada, "post", f"{address}move/", wanted)
        assert (moved.status_code, moved.json()["code"]) == (409, "organization_own_descendant")


ROLES = [
    ("unit_admin", ""),
    ("secretary", "left"),
    ("treasurer", "left"),
    ("member", ""),
    ("nobody", ""),
]
BROWSE = {"unit_admin": {"self", "child", "parent", "elsewhere"}, "secretary": {"self", "child"},
          "treasurer": {"self", "child"}, "member": set(), "nobody": set()}  # fmt: skip
EDIT = BROWSE | {"treasurer": set()}
DECIDE = EDIT | {"secretary": set()}


@pytest.mark.parametrize("relation", ["self", "child", "parent", "elsewhere", "other unit"])
@pytest.mark.parametrize(("role", "scope"), ROLES)
def test_table(alpha, tree, beta, role, scope, relation):
    with unit_context(beta.id):
        foreign = small_tree().left
    around = {
        "self": tree.left, "child": tree.l1, "parent": tree.root, "elsewhere": tree.right,
        "other unit": foreign,
    }  # fmt: skip
    client = FacingClient(SERVER_NAME="alpha.test")
    if role == "member":
        cast.member(client, alpha, make_member(tree.l1).id)
    elif role != "nobody":
        path = getattr(tree, scope).path if scope else ""
        cast.officer(client, alpha, role=role, scope=path, name=role)
    org = around[relation]
    asked = [
        (f"/organizations/{org.id}/", BROWSE), (f"/organizations/tree/{org.id}/", BROWSE),
        (f"/api/v1/organizations/{org.id}/", BROWSE), (f"/organizations/{org.id}/edit/", EDIT),
        (f"/organizations/{org.id}/children/new/", EDIT), (f"/organizations/{org.id}/move/", EDIT),
        (f"/organizations/{org.id}/workplaces/", EDIT),
        (f"/organizations/{org.id}/move/choices/", EDIT),
        (f"/organizations/{org.id}/merge/", DECIDE),
        (f"/organizations/{org.id}/dissolve/", DECIDE),
        (f"/organizations/{org.id}/retype/", DECIDE),
        (f"/organizations/{org.id}/history/", BROWSE),
        (f"/organizations/{org.id}/drawing/", BROWSE),
        (f"/organizations/past/{org.id}/", BROWSE),
        (f"/api/v1/organizations/{org.id}/history/", BROWSE),
        (f"/api/v1/organizations/{org.id}/workplaces/", EDIT),
    ]  # fmt: skip
    for address, allowed in asked:
        status = client.get(address).status_code
        if relation in allowed[role]:
            assert status == 200, address
        else:
            assert status in {302, 401, 403, 404}, address
            seen = relation in BROWSE[role]
            assert seen or role in {"member", "nobody"} or status in {403, 404}
