"""The directory's copy: signed, numbered, never older; what it says about a host, no more."""

import datetime as dt
import json

import pytest
from django.test import override_settings

from kernel.actor import Actor
from kernel.clock import now
from kernel.unit import shared_context
from tenants.cells import courier, directory, letters, names, registry
from tenants.cells.directory import DirectoryRefused
from tenants.cells.models import ControlLink, Edition
from tests.cells.conftest import KEY, NEXT_KEY, as_east
from tests.conftest import FacingClient

NOBODY = "91320303MA20NOBD00"


@pytest.fixture
def published(control):
    """What the control cell gives ``east``: beta and gamma are in ``main``, dhzcc in ``east``."""
    names.take(cell="main", label="gamma", credit_code=NOBODY, now=now())
    names.take(cell="east", label="dhzcc", credit_code="E" * 18, now=now())
    return answer()


def answer(number=0):
    letter = letters.Letter("east", now(), "", {"number": number}, KEY)
    return directory.published_to(letter)


def held():
    return ControlLink.objects.get()


class TestPublishing:
    def test_the_number_grows_with_the_content_and_only_then(self, published):
        assert answer()["number"] == published["number"]
        names.take(cell="main", label="delta", credit_code="D" * 18, now=now())
        assert answer()["number"] == published["number"] + 1

    def test_whoever_has_it_is_told_only_that(self, published):
        assert answer(published["number"]) == {"number": published["number"]}

    def test_holds_labels_and_cells_and_nothing_else(self, published):
        content = json.loads(published["content"])
        assert set(content) == {"number", "domain", "control", "labels"}
        assert content["labels"]["east"] == ["dhzcc"]
        assert "gamma" in content["labels"]["main"]
        assert NOBODY not in published["content"]


class TestAccepting:
    def test_tells_where_a_host_belongs(self, published):
        with as_east():
            directory.accept(published, now=now())
            assert directory.cell_of("gamma.test") == "main"
            assert directory.cell_of("console.test") == "main"
            assert directory.cell_of("dhzcc.test") == "", "its own, whether or not it has it"
            assert directory.cell_of("nobody.test") == ""
            assert directory.cell_of("gamma.elsewhere") == ""

    def test_without_a_copy_nothing_is_known(self, published):
        with as_east():
            assert directory.cell_of("gamma.test") == ""

    @pytest.mark.parametrize(
        "change",
        [
            lambda said: said | {"content": said["content"].replace("gamma", "gamme")},
            lambda said: said | {"content": said["content"].replace('"number":', '"number":9')},
            lambda said: said | {"signature": "0" * 64},
            lambda said: said | {"signature": ""},
        ],
    )
    def test_a_changed_one_is_refused_and_the_old_one_stays(self, published, change):
        with as_east():
            directory.accept(published, now=now())
            with pytest.raises(DirectoryRefused):
                directory.accept(change(published), now=now())
            assert directory.cell_of("gamma.test") == "main"
            assert held().number == published["number"]

    def test_an_older_one_is_refused(self, published):
        names.take(cell="main", label="delta", credit_code="D" * 18, now=now())
        newer = answer()
        with as_east():
            directory.accept(newer, now=now())
            with pytest.raises(DirectoryRefused):
                directory.accept(published, now=now())
            assert directory.cell_of("delta.test") == "main"

    def test_one_for_another_key_or_domain_is_refused(self, published):
        with as_east(NEXT_KEY), pytest.raises(DirectoryRefused):
            directory.accept(published, now=now())
        with as_east(), override_settings(BASE_DOMAIN="other"), pytest.raises(DirectoryRefused):
            directory.accept(published, now=now())

    def test_a_copy_that_was_changed_where_it_lies_is_not_believed(self, published):
        with as_east():
            directory.accept(published, now=now())
            row = held()
            row.content = bytes(row.content).replace(b"gamma", b"gamme")
            row.save()
            directory._read.clear()
            assert directory.cell_of("gamma.test") == directory.cell_of("gamme.test") == ""

    def test_confirming_keeps_it_fresh_and_another_number_does_not(self, published):
        with as_east():
            directory.accept(published, now=now() - dt.timedelta(hours=1))
            directory.accept({"number": published["number"]}, now=now())
            assert now() - held().confirmed_at < dt.timedelta(minutes=1)
            with pytest.raises(DirectoryRefused):
                directory.accept({"number": 99}, now=now())


class TestPulling:
    def test_a_silent_control_cell_leaves_the_copy_and_is_noted(self, published):
        with as_east():
            directory.accept(published, now=now())
            directory.pull(now=now())
            assert held().problem == courier.ControlSilent.code
            assert directory.cell_of("gamma.test") == "main"

    def test_over_the_wire(self, post, published):
        said = post("directory", {"number": 0})
        assert said["number"] == published["number"] == Edition.objects.get().number
        with as_east():
            directory.accept(said, now=now())

    def test_two_keys_while_one_is_changed(self, post):
        with override_settings(CELL_KEYS={"east": (KEY, NEXT_KEY)}):
            assert post("directory", {"number": 0}, key=KEY)["number"] == 1
            assert post("directory", {"number": 0}, key=NEXT_KEY)["number"] == 1
        assert post("directory", {"number": 0}, key=NEXT_KEY) == "cell_signature"

    def test_a_copy_under_the_old_key_is_asked_for_anew(self, published, monkeypatch):
        told = []

        def ask(what, said, *, now):
            told.append(said["number"])
            raise courier.ControlSilent

        monkeypatch.setattr(courier, "ask", ask)
        with as_east(KEY):
            directory.accept(published, now=now())
            directory.pull(now=now())
        with as_east(NEXT_KEY, KEY):
            directory.pull(now=now())
        assert told == [published["number"], 0]


class TestRouting:
    @pytest.mark.parametrize("path", ["/", "/m/", "/sign-in/", "/api/v1/members/"])
    def test_a_host_of_another_cell_is_misdirected(self, control, path):
        names.take(cell="east", label="dhzcc", credit_code="E" * 18, now=now())
        answer = FacingClient().get(path, SERVER_NAME="dhzcc.test")
        assert answer.status_code == 421
        assert answer["Cache-Control"] == "no-store"
        text = answer.content.decode()
        assert not any(word in text for word in ("east", "dhzcc", "10.0.0.5"))
        if path.startswith("/api/"):
            assert answer["Content-Type"] == "application/problem+json"
            assert answer.json()["code"] == "host_misdirected"

    @pytest.mark.parametrize("label", ["console-east", "m-east", "pay-east", "status-east"])
    def test_so_are_its_own_faces(self, control, label):
        assert FacingClient().get("/", SERVER_NAME=f"{label}.test").status_code == 421

    @pytest.mark.parametrize("host", ["nobody.test", "console-west.test", "dhzcc.elsewhere"])
    def test_what_nobody_has_is_unknown(self, control, host):
        names.take(cell="east", label="dhzcc", credit_code="E" * 18, now=now())
        assert FacingClient().get("/", SERVER_NAME=host).status_code == 404

    def test_a_unit_of_ones_own_is_served_whatever_the_directory_says(self, control, beta):
        names.hand_over(label="beta", credit_code=beta.credit_code, to="east", now=now())
        answer = FacingClient().get("/sign-in/", SERVER_NAME="beta.test")
        assert answer.status_code == 200


class TestTheEdge:
    def test_the_map_holds_every_host_of_another_cell(self, control, beta):
        names.take(cell="east", label="dhzcc", credit_code="E" * 18, now=now())
        text = registry.edge_map()
        assert text == registry.edge_map()
        lines = [line.strip() for line in text.splitlines()]
        assert "default gongjian_control;" in lines
        for label in ("dhzcc", "console-east", "m-east", "pay-east", "status-east"):
            assert f"{label}.test gongjian_east;" in lines
        assert "upstream gongjian_east { server 10.0.0.5:8000; }" in lines
        assert not [line for line in lines if line.startswith("beta.")]

    def test_only_the_control_cell_makes_it(self, control):
        with as_east(), pytest.raises(registry.NotControl):
            registry.edge_map()


@pytest.mark.parametrize(
    ("name", "url", "error"),
    [
        ("East", "http://10.0.0.5", registry.CellNameMalformed),
        ("main", "http://10.0.0.5", registry.CellNameMalformed),
        ("west", "http://10.0.0.5", registry.CellKeyMissing),
        ("east", "10.0.0.5:8000", registry.CellUrlMalformed),
        ("east", "http://10.0.0.5; evil", registry.CellUrlMalformed),
        ("east", "http://10.0.0.5/path", registry.CellUrlMalformed),
    ],
)
def test_a_cell_is_added_with_a_name_a_key_and_an_address(control, name, url, error, settings):
    with shared_context(), pytest.raises(error):
        registry.add(name=name, upstream=url, console="", actor=Actor.system("测试"), now=now())
