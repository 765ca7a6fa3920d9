"""Pages and API of the tree, and who may do what there."""

import json
import re

import pytest

from kernel.unit import unit_context
from tenant_apps.organizations.models import Kind, Organization
from tests import cast
from tests.conftest import FacingClient
from tests.factories.members import make_member
from tests.factories.organizations import small_tree


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
    return {"name": name, "short_name": name, "kind": Kind.BRANCH, **fields}


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
        page = text_of(ada.get(f"/organizations/{tree.left.id}/move/"))
        assert "<b>3 个</b>" in page and "<b>1 名</b>" in page and str(tree.right.id) in page
        assert str(tree.l1.id) not in page
        assert "没有可选的上级组织" in text_of(
            ada.get(f"/organizations/{tree.left.id}/move/?parent=无")
        )
        moved = ada.post(f"/organizations/{tree.left.id}/move/", {"to": tree.right.id})
        toast = json.loads(bytes.fromhex(moved.cookies["toast"].value))[0]
        assert Organization.objects.get(pk=tree.left.pk).parent_id == tree.right.id
        assert ada.post(toast["undo"]).status_code == 302
        assert Organization.objects.get(pk=tree.left.pk).parent_id == tree.root.id

    @pytest.mark.parametrize("target", ["l1", "left", "nonsense"])
    def test_says_why_not(self, ada, tree, target):
        to = getattr(tree, target).id if hasattr(tree, target) else target
        answer = ada.post(f"/organizations/{tree.left.id}/move/", {"to": to})
        assert answer.status_code == 422
        assert "没有移动" in text_of(answer)

    def test_takes_no_forged_undo(self, ada, tree):
        assert ada.post("/organizations/moves/forged.token/undo/").status_code == 404


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
        moved = send(ada, "post", f"{address}move/", {"parent_id": str(tree.right.id)}).json()
        assert moved["organization"]["parent_id"] == str(tree.right.id)
        assert moved["came_from"] == str(tree.left.id)

    def test_refuses_with_codes(self, ada, tree):
        address = f"/api/v1/organizations/{tree.left.id}/"
        assert send(ada, "patch", address, {"colour": "red"}).status_code == 422
        moved = send(ada, "post", f"{address}move/", {"parent_id": str(tree.l1.id)})
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
    ]  # fmt: skip
    for address, allowed in asked:
        status = client.get(address).status_code
        if relation in allowed[role]:
            assert status == 200, address
        else:
            assert status in {302, 401, 403, 404}, address
            seen = relation in BROWSE[role]
            assert seen or role in {"member", "nobody"} or status in {403, 404}
