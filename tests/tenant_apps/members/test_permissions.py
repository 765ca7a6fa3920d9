"""Who may do what to whom: role × relation × act, on pages and in the API, and nothing leaks."""

import pytest

from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tests import cast
from tests.conftest import FacingClient
from tests.factories.members import make_member
from tests.factories.organizations import small_tree

RELATIONS = ("self", "same branch", "sibling", "parent", "elsewhere", "other unit")
ACTS = {
    "read": ("get", "/members/{id}/", "/api/v1/members/{id}/", None),
    "edit": ("post", "/members/{id}/edit/", "/api/v1/members/{id}/", {"education": "高中"}),
    "reveal": (
        "post",
        "/members/{id}/reveal/",
        "/api/v1/members/{id}/reveal/",
        {"what": "phone", "reason": "核对信息"},
    ),
    "move": ("post", "/members/move/", "/api/v1/members/{id}/move/", {}),
}
IN_THE_BRANCH = ("self", "same branch")
IN_LEFT = (*IN_THE_BRANCH, "sibling", "parent")
IN_THE_UNIT = (*IN_LEFT, "elsewhere")
MAY = {
    ("unit_admin", ""): dict.fromkeys(ACTS, IN_THE_UNIT),
    ("secretary", "left"): dict.fromkeys(ACTS, IN_LEFT),
    ("secretary", "l1"): dict.fromkeys(ACTS, IN_THE_BRANCH),
    ("treasurer", "left"): {"read": IN_LEFT},
    ("member", ""): {"read": ("self",)},
    ("nobody", ""): {},
}


@pytest.fixture
def cast_of_members(alpha, tree, beta):
    """Whoever acts is a member of l1; the others stand around."""
    people = {
        "self": make_member(tree.l1, "本人"),
        "same branch": make_member(tree.l1, "同支部"),
        "sibling": make_member(tree.l2, "邻支部"),
        "parent": make_member(tree.left, "上级"),
        "elsewhere": make_member(tree.r1, "别处"),
    }
    with unit_context(beta.id):
        people["other unit"] = make_member(small_tree().l1, "外单位")
    return people


def signed_in(alpha, tree, role, scope, people):
    client = FacingClient()
    if role == "nobody":
        client.defaults["SERVER_NAME"] = "alpha.test"
        return client
    if role == "member":
        return cast.member(client, alpha, people["self"].id)
    path = getattr(tree, scope).path if scope else ""
    return cast.officer(client, alpha, role=role, scope=path, name=f"{role}{scope}")


def ask_page(client, act, target, tree):
    verb, page, _, data = ACTS[act]
    if act == "move":
        answer = client.get(page, {"id": target.id})
        if answer.status_code != 200:
            return answer.status_code
        return 200 if target.name in answer.content.decode() else 404
    if act == "edit":
        return client.get(page.format(id=target.id)).status_code
    return getattr(client, verb)(page.format(id=target.id), data).status_code


def ask_api(client, act, target, tree):
    _, _, address, data = ACTS[act]
    address = address.format(id=target.id)
    if act == "read":
        return client.get(address).status_code
    if act == "move":
        data = {"org_id": str(tree.alone.id)}
    send = client.patch if act == "edit" else client.post
    return send(address, data, content_type="application/json").status_code


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize(("role", "scope"), MAY)
def test_table(alpha, tree, cast_of_members, role, scope, relation):
    target = cast_of_members[relation]
    client = signed_in(alpha, tree, role, scope, cast_of_members)
    for act in ACTS:
        may = relation in MAY[role, scope].get(act, ())
        page, api = ask_page(client, act, target, tree), ask_api(client, act, target, tree)
        if may:
            assert page == 200, (act, page)
            # A branch secretary sees the member but not the branch to move to.
            assert api == 200 or (act == "move" and scope in {"left", "l1"} and api == 404)
        else:
            assert page in {302, 403, 404}, (act, page)
            assert api in {401, 403, 404}, (act, api)


@pytest.mark.parametrize(("role", "scope"), MAY)
def test_what_is_outside_the_scope_looks_like_nothing(alpha, tree, cast_of_members, role, scope):
    client = signed_in(alpha, tree, role, scope, cast_of_members)
    visible = MAY[role, scope].get("read", ())
    for relation in set(RELATIONS) - set(visible):
        response = client.get(f"/members/{cast_of_members[relation].id}/")
        assert response.status_code == (302 if role == "nobody" else 404)


@pytest.mark.parametrize(
    ("role", "scope", "status"),
    [
        ("unit_admin", "", 200), ("secretary", "left", 200), ("treasurer", "left", 200),
        ("member", "", 403), ("nobody", "", 302),
    ],
)  # fmt: skip
def test_lists_open_for_the_office(alpha, tree, cast_of_members, role, scope, status):
    client = signed_in(alpha, tree, role, scope, cast_of_members)
    for address in ("/members/", "/search/?q=x", "/members/export/"):
        assert client.get(address).status_code == status
    assert client.get("/api/v1/members/").status_code == {302: 401}.get(status, status)


def test_refused_looks_leave_no_line(alpha, tree, cast_of_members):
    target = cast_of_members["elsewhere"]
    client = signed_in(alpha, tree, "secretary", "left", cast_of_members)
    client.post(f"/members/{target.id}/reveal/", {"what": "phone", "reason": "核对信息"})
    assert not audit.events_about(target.id).exists()
