"""A unit administrator finds a member, corrects the file, moves the member and takes it back."""

import re

from tests import cast
from tests.conftest import FacingClient
from tests.factories.members import make_member, new_member, store
from tests.factories.organizations import small_tree


def addresses_in(response, pattern):
    return re.findall(pattern, response.content.decode())


def test_from_the_tree_to_the_file_and_back(alpha):
    tree = small_tree()
    store(*(new_member(tree.l1) for _ in range(25)))
    wanted = make_member(tree.l2, "欧阳春梅", identity_number="320303198001011234")
    ada = cast.officer(FacingClient(), alpha)

    levels = ada.get(f"/members/tree/{tree.left.id}/")
    branch = next(
        address
        for address in addresses_in(levels, r'href="(/members/\?org=[^"]+)"')
        if str(tree.l2.id) in address
    )
    assert "欧阳春梅" in ada.get(branch).content.decode()

    for text in ("oycm", "ouyang", "春梅", "320303198001011234", "1234"):
        found = addresses_in(ada.get("/members/", {"q": text}), r'href="(/members/[0-9a-f-]+/)"')
        assert f"/members/{wanted.id}/" in found

    file = f"/members/{wanted.id}/"
    sheet = {"name": "欧阳春梅", "category": "FULL", "posts": "组织委员", "phone": "13911112222"}
    assert ada.post(f"{file}edit/", sheet)["Location"] == file
    shown = ada.get(file).content.decode()
    assert "组织委员" in shown and "139****2222" in shown and "13911112222" not in shown
    assert "更正了档案" in ada.get(f"{file}versions/").content.decode()

    ada.post("/members/move/", {"id": wanted.id, "to": tree.r1.id})
    assert "欧阳春梅" in ada.get(f"/members/?org={tree.right.id}").content.decode()
    undo = re.search(r"/members/moves/[0-9a-f-]+/undo/", str(toast_of(ada)))[0]
    ada.post(undo)
    assert "欧阳春梅" in ada.get(branch).content.decode()

    ada.post(f"{file}reveal/", {"what": "phone", "reason": "通知开会"})
    cleo = cast.member(FacingClient(), alpha, wanted.id)
    own = cleo.get("/m/me/").content.decode()
    assert "查看了手机号码" in own and "通知开会" in own


def toast_of(client):
    return bytes.fromhex(client.cookies["toast"].value).decode()
