"""On a phone a branch is founded out of another and elects its first committee; a gap is filled."""

import pytest

from tests.browser import steps, voting
from tests.browser.conftest import origin

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.enable_socket]
FOUNDERS = 7


@pytest.fixture
def writing(product, phone):
    """The unit's officer at the desk's pages, on a phone."""
    phone.set_default_timeout(steps.WAIT)
    steps.sign_in(phone, voting.officer_of(product, "yunlong"))
    return phone


@pytest.fixture
def answering(product, writing, browser):
    """The other officer, who may answer, on a phone of their own."""
    context = browser.new_context(
        viewport={"width": 375, "height": 812}, locale="zh-CN", is_mobile=True, has_touch=True
    )
    other = context.new_page()
    other.set_default_timeout(steps.WAIT)
    voting.second_officer(writing, product, other)
    yield other
    context.close()


def test_a_gap_in_a_board_is_filled_by_an_election(writing, answering):
    page = writing
    page.goto(f"{origin(page.url)}/elections/vacancies/")
    short = page.locator("a.cell-name").count()
    page.get_by_role("link", name="启动增补").first.click()
    voting.lead(page, answering, seats=1, secretaries=0)
    page.goto(f"{origin(page.url)}/elections/vacancies/")
    assert page.locator("a.cell-name").count() == short - 1


def test_a_branch_is_founded_and_elects_its_first_committee(writing, answering):
    page = writing
    found(page, "第九项目党支部")
    page.goto(page.url.replace("/organizations/", "/elections/organizations/"))
    page.get_by_role("link", name="启动换届").click()
    voting.lead(page, answering, seats=3)
    page.get_by_role("link", name="班子与任期").click()
    assert page.get_by_role("row").filter(has_text="委员").count() == 2
    page.get_by_role("row").filter(has_text="书记").first.wait_for()


def found(page, name: str) -> None:
    """Out of the first branch that has enough members, by the committee's document."""
    page.goto(f"{origin(page.url)}/organizations/list/?kind=BRANCH&sort=-members")
    page.locator("a.cell-name").first.click()
    page.goto(f"{page.url.rstrip('/')}/split/")
    page.fill("[name=name]", f"中共云龙轨道交通集团{name}委员会")
    page.fill("[name=short_name]", name)
    people = page.locator("[name=members]")
    for number in range(FOUNDERS):
        people.nth(number).check()
    page.fill("[name=reason]", "新项目部党员增多")
    page.fill("[name=document]", "党发〔2026〕60 号")
    voting.save(page, "预览影响")
    voting.save(page, "确认分设")
    page.get_by_role("heading", name=name).first.wait_for()
