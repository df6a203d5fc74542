"""Days on which things go wrong, in a real browser at a real server: wrong values, records and sessions that are gone,
restarts, double clicks, two tabs, two people, lost connections. No typed character is lost, nothing happens twice."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, Route, expect

from core.orm.security import SYSTEM
from core.schema import tables
from core.testing.databases import fresh
from core.testing.form import Client, Refused
from core.web.dispatch import Dispatcher
from tests.browser.house import PASSWORD, House, make_demo, make_house

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
Desk = Callable[..., Page]


# -- what is there --------------------------------------------------------------------------------------------------


def make_offer(house: House, title: str = "Valves for a bad day") -> int:
    """A draft of Anna's with three lines."""
    with house.database.transaction(SYSTEM) as env:
        offers: Any = env.models["offers.offer"].cls
        users: Any = env.models["base.user"].cls
        anna = env.session.scalars(sa.select(users).where(users.login == "anna")).one()
        wanted = sa.select(offers).where(offers.state == "draft", offers.company_id == anna.company_id)
        copy: Any = env.session.scalars(wanted.order_by(offers.id).limit(1)).one().duplicate()
        copy.title, copy.responsible = title, anna
        env.flush()
        return int(copy.id)


def stored(house: House, key: int, *names: str) -> list[Any]:
    with house.database.transaction(SYSTEM, writing=False) as env:
        record = env.get(env.models["offers.offer"].cls, key)
        assert record is not None
        return [getattr(record, name) for name in names]


def count(house: House, model: str, **values: Any) -> int:
    with house.database.transaction(SYSTEM, writing=False) as env:
        cls = env.models[model].cls
        where = [getattr(cls, name) == value for name, value in values.items()]
        return int(env.session.scalar(sa.select(sa.func.count(cls.id)).where(*where)) or 0)


def end_sessions(house: House) -> None:
    with house.database.connection() as (connection, begun):
        connection.execute(sa.delete(tables.session))
        begun.commit()


@pytest.fixture
def offer(house: House) -> int:
    return make_offer(house)


def log_in(browser: Browser, url: str, login: str) -> Page:
    context = browser.new_context(base_url=url, locale="en-GB", viewport={"width": 1366, "height": 768})
    context.set_default_timeout(8000)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("User name").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/app")
    return page


@pytest.fixture
def away(browser: Browser, house: House) -> Iterator[Page]:
    """Anna's page, on which a browser may complain of a lost connection."""
    page = log_in(browser, house.url, "anna")
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    page.context.close()
    assert not faults


def open_offer(page: Page, key: int) -> None:
    page.goto(f"/app/offers.offer/{key}")
    expect(page.get_by_label("Subject", exact=True)).to_be_visible()


def write(page: Page, label: str, text: str) -> None:
    """Type over what stands there, and go on to the next field."""
    page.get_by_label(label, exact=True).fill(text)
    page.keyboard.press("Tab")


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def saved(page: Page) -> None:
    expect(page.locator("#flash")).to_contain_text("Saved")


def quiet(page: Page) -> None:
    """Wait until every answer has come."""
    page.wait_for_load_state("networkidle")


# -- wrong values ---------------------------------------------------------------------------------------------------


def test_wrong_numbers_stay_and_each_says_what_is_wrong(desk_of: Desk, house: House, offer: int) -> None:
    page = desk_of("anna")
    open_offer(page, offer)
    before = stored(house, offer, "title", "probability", "payment_days", "row_version")
    quantity = page.locator("#lines-0-quantity")
    quantity.fill("twelve")
    write(page, "Subject", "typed meanwhile")
    tab(page, "Terms and texts")
    write(page, "Payment term", "14 days")
    write(page, "Internal notes", "kept, too")
    save(page)
    expect(page.locator("#messages")).to_contain_text("Not saved. Please correct what is marked.")
    expect(page.locator("#e-lines-0-quantity")).to_contain_text("is not a number; write it like 1,234.50")
    expect(page.locator("#e-payment_days")).to_contain_text("is not a number")
    expect(quantity).to_have_attribute("aria-invalid", "true")
    expect(quantity).to_have_value("twelve")
    expect(page.get_by_label("Payment term", exact=True)).to_have_value("14 days")
    assert stored(house, offer, "title", "probability", "payment_days", "row_version") == before
    tab(page, "Lines")
    quantity.fill("12")
    tab(page, "Terms and texts")
    write(page, "Payment term", "14")
    expect(page.locator("#e-payment_days")).to_have_count(0)
    save(page)
    saved(page)
    assert stored(house, offer, "title", "payment_days", "notes") == ["typed meanwhile", 14, "kept, too"]


def test_a_rule_of_the_model_is_told_at_its_field(desk_of: Desk, house: House, offer: int) -> None:
    page = desk_of("anna")
    open_offer(page, offer)
    page.locator("#lines-0-quantity").fill("-1")
    page.locator("#lines-1-quantity").fill("99999999999999999999")
    write(page, "Subject", "")
    write(page, "Subject", "still here")
    save(page)
    expect(page.locator("#messages")).to_contain_text("Not saved")
    expect(page.locator(".field-error").first).to_be_visible()
    expect(page.locator("#e-lines-1-quantity")).to_contain_text("too large")
    expect(page.locator("#lines-0-quantity")).to_have_value("-1")
    expect(page.locator("#lines-1-quantity")).to_have_value("99999999999999999999")
    expect(page.get_by_label("Subject", exact=True)).to_have_value("still here")


def type_day(page: Page, name: str, day: str, month: str, year: str) -> None:
    """Type a day into a date control, whose order is that of the browser's own language: a first try tells which."""
    control = page.locator(f"#{name}")
    control.focus()
    page.keyboard.type("03042026")
    american = control.input_value() == "2026-03-04"
    page.locator("#title").focus()
    control.focus()
    page.keyboard.type(month + day + year if american else day + month + year)
    page.locator("#title").focus()


def test_a_day_that_no_calendar_has_does_not_wipe_out_the_old_one(desk_of: Desk, house: House, offer: int) -> None:
    page = desk_of("anna")
    open_offer(page, offer)
    before = stored(house, offer, "valid_until", "title")
    write(page, "Subject", "a new subject")
    control = page.get_by_label("Valid until", exact=True)
    type_day(page, "valid_until", "31", "02", "2027")
    expect(page.locator("#u-valid_until")).to_have_text("is not a day of the calendar")
    expect(control).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Control+s")
    expect(control).to_be_focused()
    quiet(page)
    assert stored(house, offer, "valid_until", "title") == before
    type_day(page, "valid_until", "28", "02", "2027")
    expect(page.locator("#u-valid_until")).to_have_count(0)
    page.keyboard.press("Control+s")
    saved(page)
    assert [str(one) for one in stored(house, offer, "valid_until", "title")] == ["2027-02-28", "a new subject"]


# -- gone meanwhile -------------------------------------------------------------------------------------------------


def test_a_record_deleted_meanwhile_can_be_saved_as_a_new_one(desk_of: Desk, house: House, offer: int) -> None:
    page = desk_of("anna")
    open_offer(page, offer)
    lines = page.locator("#w-lines tbody tr").count()
    with house.database.transaction(SYSTEM) as env:
        env.delete(env.get(env.models["offers.offer"].cls, offer))
    write(page, "Subject", "not lost with it")
    expect(page.locator("#messages")).to_contain_text("This record no longer exists")
    save(page)
    expect(page.locator("#messages")).to_contain_text("What you typed is still here")
    expect(page.get_by_label("Subject", exact=True)).to_have_value("not lost with it")
    page.get_by_role("button", name="Save as a new record").click()
    saved(page)
    expect(page).to_have_url(re.compile(r"/app/offers\.offer/\d+$"))
    expect(page).not_to_have_url(f"{house.url}/app/offers.offer/{offer}")
    expect(page.get_by_label("Subject", exact=True)).to_have_value("not lost with it")
    assert count(house, "offers.offer", title="not lost with it") == 1
    expect(page.locator("#w-lines tbody tr")).to_have_count(lines)


def test_an_ended_session_keeps_every_character(desk_of: Desk, house: House, offer: int) -> None:
    page = desk_of("anna")
    open_offer(page, offer)
    write(page, "Subject", "typed before the end")
    quiet(page)
    end_sessions(house)
    page.locator("#lines-0-quantity").fill("7")
    tab(page, "Terms and texts")
    text = "First line\n  second, with “quotes” & <b>signs</b>\n\tÆøå Żółć Щит"
    page.get_by_label("Internal notes", exact=True).fill(text)
    save(page)
    bar = page.locator("#notice-session")
    expect(bar).to_contain_text("Your session has ended")
    expect(page.get_by_label("Internal notes", exact=True)).to_have_value(text)
    bar.get_by_role("link", name="Log in").click()
    page.wait_for_url("**/login?next=*")
    page.get_by_label("User name").fill("anna")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/app/offers.offer/{offer}")
    expect(page.locator("#notice-restored")).to_contain_text("is back in the form")
    expect(page.get_by_label("Subject", exact=True)).to_have_value("typed before the end")
    expect(page.locator("#lines-0-quantity")).to_have_value("7")
    quiet(page)
    save(page)
    saved(page)
    assert stored(house, offer, "title", "notes") == ["typed before the end", text.replace("\r\n", "\n")]
    tab(page, "Terms and texts")
    expect(page.get_by_label("Internal notes", exact=True)).to_have_value(text)


def test_somebody_else_at_the_same_desk_does_not_see_it(desk_of: Desk, house: House, offer: int) -> None:
    page = desk_of("anna")
    open_offer(page, offer)
    write(page, "Subject", "between Anna and me")
    quiet(page)
    end_sessions(house)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/login")
    page.get_by_label("User name").fill("bo")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/app")
    open_offer(page, offer)
    expect(page.get_by_label("Subject", exact=True)).to_have_value("Valves for a bad day")
    expect(page.locator("#notice-restored")).to_have_count(0)


# -- a restarted server ---------------------------------------------------------------------------------------------


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Starts the server as a process of its own, again at the same port; answers its address."""
    url = f"sqlite:///{tmp_path / 'own.sqlite'}"
    make_demo(url).close()
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running: list[subprocess.Popen[bytes]] = []

    def start() -> str:
        if running:
            running[-1].send_signal(signal.SIGKILL)
            running[-1].wait()
        command = [sys.executable, "-m", "core.cli", "serve", "--db", url, "--port", str(port)]
        running.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return f"http://127.0.0.1:{port}"
            time.sleep(0.1)
        raise AssertionError("the server does not start")

    def stop() -> None:
        running[-1].send_signal(signal.SIGKILL)
        running[-1].wait()

    start.stop = stop  # type: ignore[attr-defined]
    yield start
    stop()


def test_a_restarted_server_is_hardly_noticed(browser: Browser, process: Any) -> None:
    page = log_in(browser, process(), "anna")
    page.goto("/app/offers.offer?filter=draft")
    page.locator("tr[data-href] a").first.click()
    write(page, "Subject", "before the restart")
    quiet(page)
    process.stop()
    page.get_by_label("Subject", exact=True).fill("while it is away")
    save(page)
    expect(page.locator("#notice-offline")).to_contain_text("No connection to the server")
    expect(page.get_by_label("Subject", exact=True)).to_have_value("while it is away")
    process()
    save(page)
    saved(page)
    expect(page.get_by_label("Subject", exact=True)).to_have_value("while it is away")
    page.context.close()


# -- twice ----------------------------------------------------------------------------------------------------------


def test_a_double_click_makes_one_record(desk_of: Desk, house: House) -> None:
    page = desk_of("anna")
    page.goto("/app/partners.partner/new")
    write(page, "Name", "Twice Clicked A/S")
    quiet(page)
    page.get_by_role("button", name="Save", exact=True).dblclick()
    page.wait_for_url(re.compile(r"/app/partners\.partner/\d+$"))
    assert count(house, "partners.partner", name="Twice Clicked A/S") == 1


def test_even_past_the_scripts_one_form_makes_one_record(desk_of: Desk, house: House) -> None:
    page = desk_of("anna")
    page.goto("/app/partners.partner/new")
    write(page, "Name", "Ten Times A/S")
    quiet(page)
    answers = page.evaluate(
        """async () => {
            const form = document.querySelector("#record-form");
            const body = new URLSearchParams(new FormData(form));
            const post = () => fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
            const answers = await Promise.all(Array.from({ length: 10 }, post));
            return answers.map((one) => [one.status, one.headers.get("HX-Redirect")]);
        }"""
    )
    assert count(house, "partners.partner", name="Ten Times A/S") == 1
    assert len({tuple(one) for one in answers if one[0] == 200}) == 1
    assert {one[0] for one in answers} <= {200, 503}


def test_a_lost_answer_and_a_second_try_make_one_record(away: Page, house: House) -> None:
    page = away
    page.goto("/app/partners.partner/new")
    write(page, "Name", "Lost Answer A/S")
    quiet(page)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/app/partners.partner/new", lose, times=1)
    save(page)
    expect(page.locator("#notice-offline")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Lost Answer A/S")
    assert count(house, "partners.partner", name="Lost Answer A/S") == 1
    save(page)
    page.wait_for_url(re.compile(r"/app/partners\.partner/\d+$"))
    assert count(house, "partners.partner", name="Lost Answer A/S") == 1


def test_back_after_saving_does_not_make_a_second_record(desk_of: Desk, house: House) -> None:
    page = desk_of("anna")
    page.goto("/app/partners.partner")
    page.goto("/app/partners.partner/new")
    write(page, "Name", "Went Back A/S")
    quiet(page)
    save(page)
    page.wait_for_url(re.compile(r"/app/partners\.partner/\d+$"))
    page.go_back()
    page.wait_for_load_state()
    page.go_forward()
    page.wait_for_load_state()
    page.go_back()
    page.wait_for_load_state()
    expect(page.locator("#notice-restored")).to_have_count(0)
    assert count(house, "partners.partner", name="Went Back A/S") == 1


def test_back_and_forward_keep_what_was_typed(desk_of: Desk, house: House, offer: int) -> None:
    page = desk_of("anna")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/app/offers.offer?filter=draft")
    open_offer(page, offer)
    write(page, "Subject", "gone for a moment")
    page.locator("#lines-0-quantity").fill("3")
    quiet(page)
    page.go_back()
    expect(page.locator("table.list")).to_be_visible()
    page.go_forward()
    expect(page.get_by_label("Subject", exact=True)).to_have_value("gone for a moment")
    expect(page.locator("#lines-0-quantity")).to_have_value("3")
    save(page)
    saved(page)
    assert stored(house, offer, "title") == ["gone for a moment"]


# -- two tabs, two people -------------------------------------------------------------------------------------------


def test_two_tabs_that_change_different_fields_are_merged(desk_of: Desk, house: House, offer: int) -> None:
    one = desk_of("anna")
    two = one.context.new_page()
    open_offer(one, offer)
    open_offer(two, offer)
    write(one, "Subject", "from the first tab")
    tab(two, "Terms and texts")
    write(two, "Internal notes", "from the second tab")
    quiet(one)
    quiet(two)
    save(one)
    saved(one)
    save(two)
    expect(two.locator("#flash")).to_contain_text("Both changes are kept")
    assert stored(house, offer, "title", "notes") == ["from the first tab", "from the second tab"]


@pytest.mark.parametrize("keep", ["mine", "theirs"])
def test_two_tabs_that_change_the_same_field_are_asked(desk_of: Desk, house: House, offer: int, keep: str) -> None:
    one = desk_of("anna")
    two = one.context.new_page()
    open_offer(one, offer)
    open_offer(two, offer)
    write(one, "Subject", "theirs")
    write(two, "Subject", "mine")
    tab(two, "Terms and texts")
    write(two, "Internal notes", "nobody else's")
    quiet(one)
    quiet(two)
    save(one)
    saved(one)
    save(two)
    table = two.locator("#messages table.conflict")
    expect(table).to_contain_text("Subject")
    expect(table.get_by_label("mine", exact=True)).to_be_checked()
    expect(table.get_by_label("theirs", exact=True)).to_be_visible()
    expect(two.get_by_label("Subject", exact=True)).to_have_value("mine")
    assert stored(house, offer, "title", "notes") == ["theirs", None]
    table.get_by_label(keep, exact=True).check()
    save(two)
    saved(two)
    assert stored(house, offer, "title", "notes") == [keep, "nobody else's"]


@pytest.fixture(scope="module")
def either(database_kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The demo company on a server, on each database."""
    folder = tmp_path_factory.mktemp("either")
    if database_kind == "sqlite":
        made = make_house(folder)
        yield made
        made.stop()
        return
    with fresh(database_kind, folder) as url:
        made = House(make_demo(url)).start()
        yield made
        made.stop()
        made.database.close()


def test_two_people_at_the_same_moment(browser: Browser, either: House) -> None:
    """Both press Save at once: different fields are both there, of the same field one is asked."""
    pages = [log_in(browser, either.url, login) for login in ("anna", "bo")]
    anna, bo = pages
    for same in (False, True):
        key = make_offer(either)
        for page in pages:
            open_offer(page, key)
        write(anna, "Subject", "by Anna")
        if same:
            write(bo, "Subject", "by Bo")
        else:
            tab(bo, "Terms and texts")
            write(bo, "Internal notes", "by Bo")
        for page in pages:
            quiet(page)
            page.evaluate("setTimeout(() => document.querySelector('[data-save]').click(), 300)")
        time.sleep(0.5)
        for page in pages:
            quiet(page)
            expect(page.locator("#flash .alert, #messages .alert").first).to_be_visible()
        if same:
            asked = [page for page in pages if page.locator("table.conflict").count()]
            assert len(asked) == 1
            assert stored(either, key, "title") == ["by Anna" if asked == [bo] else "by Bo"]
        else:
            assert stored(either, key, "title", "notes") == ["by Anna", "by Bo"]
    for page in pages:
        page.context.close()


def test_many_people_at_the_same_record_lose_nothing(either: House) -> None:
    """Eight sessions add a line each and change a field of their own, over and over; all of it is there at the end."""
    key = make_offer(either)
    before = len(stored_lines(either, key))
    application = Dispatcher.serving(either.database)
    people = [Client(application).log_in("anna" if at % 2 else "bo", PASSWORD) for at in range(4)]

    def work(at: int) -> int:
        done = 0
        for turn in range(3):
            for _try in range(20):
                form = people[at].form(f"/app/offers.offer/{key}")
                line = form.add_line("lines")
                line.set("description", f"line {at}.{turn}", draft=False)
                line.set("quantity", "1", draft=False)
                with contextlib.suppress(Refused):  # busy, or changed meanwhile: again
                    form.save()
                    done += 1
                    break
                time.sleep(0.05)
        return done

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [3] * 4
    lines = stored_lines(either, key)
    assert {f"line {at}.{turn}" for at in range(4) for turn in range(3)} <= set(lines)
    assert len(lines) == before + 12


def stored_lines(house: House, key: int) -> list[str]:
    with house.database.transaction(SYSTEM, writing=False) as env:
        record: Any = env.get(env.models["offers.offer"].cls, key)
        return [line.description for line in record.lines]


# -- connections ----------------------------------------------------------------------------------------------------


def test_a_lost_connection_keeps_everything_and_comes_back_by_itself(away: Page, house: House, offer: int) -> None:
    page = away
    open_offer(page, offer)
    net = page.locator("#w-net").inner_text()
    page.context.set_offline(True)
    page.locator("#lines-0-quantity").fill("1")
    page.keyboard.press("Tab")
    expect(page.locator("#notice-offline")).to_contain_text("No connection to the server")
    write(page, "Subject", "typed on the train")
    save(page)
    expect(page.locator("#notice-offline")).to_be_visible()
    expect(page.get_by_label("Subject", exact=True)).to_have_value("typed on the train")
    page.context.set_offline(False)
    expect(page.locator("#w-net")).not_to_have_text(net, timeout=15_000)
    expect(page.locator("#notice-offline")).to_have_count(0)
    save(page)
    saved(page)
    assert stored(house, offer, "title") == ["typed on the train"]


def test_a_slow_answer_that_was_overtaken_changes_nothing(desk_of: Desk, house: House, offer: int) -> None:
    page = desk_of("anna")
    open_offer(page, offer)
    price = page.locator("#lines-0-price")
    quantity = page.locator("#lines-0-quantity")
    held: list[Route] = []
    page.route("**/draft", lambda route: held.append(route), times=1)
    price.fill("100")
    quantity.fill("1")
    page.wait_for_timeout(300)
    quantity.press("Tab")
    expect(page.locator("#w-lines-0-net")).to_contain_text(re.compile(r"\d"))
    quantity.fill("5")
    quantity.press("Tab")
    page.locator("#lines-0-discount").fill("0")
    page.keyboard.press("Tab")
    expect(page.locator("#w-lines-0-net")).to_contain_text("500.00")
    for route in held:
        with contextlib.suppress(Exception):
            route.continue_()
    page.wait_for_timeout(1000)
    expect(page.locator("#w-lines-0-net")).to_contain_text("500.00")
    expect(quantity).to_have_value("5")
    save(page)
    saved(page)
    expect(page.locator("#w-lines-0-net")).to_contain_text("500.00")
