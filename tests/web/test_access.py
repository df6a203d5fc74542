"""Every address of the application with the right that it asks for: nothing is open that does not stand here."""

from __future__ import annotations

from typing import Any

import pytest

from core.addon.discover import discover
from core.addon.graph import closure
from core.registry.addonset import AddonSet
from core.registry.database import set_for
from core.testing.kit import DoomedDatabase
from core.web.dispatch import Dispatcher
from tests.web.attack import raw
from tests.web.conftest import Login, Shop

#: what may be asked without a session, and why that is right
OPEN = {
    ("route login", "", "GET"): "the form",
    ("route login", "", "POST"): "checks a token of its own, counts tries",
    ("route login language", "", "POST"): "sets a cookie",
    ("route health", "", "GET"): "says ok",
    ("route bundle", "", "GET"): "the front end",
    ("route addon static", "", "GET"): "pictures and styles of addons",
    ("route icon", "", "GET"): "the picture in the browser's tab",
    ("Root", "", "GET"): "leads to the application",
    ("Unknown", "", "any"): "leads to the log-in whatever the address",
}
#: (resource or route, view) -> method -> right. Add a line when you add a page, and think about who may open it.
ASKS = {
    ("route logout", ""): {"POST": "member"},
    ("route choose", ""): {"POST": "member"},
    ("Application", ""): {"GET": "member"},
    ("Collection", ""): {"GET": "read"},
    ("Collection", "lookup"): {"GET": "read"},
    ("NewRecord", ""): {"GET": "create", "POST": "create"},
    ("NewRecord", "draft"): {"POST": "create"},
    ("NewRecord", "do"): {"POST": "create"},
    ("RecordAt", ""): {"GET": "read", "POST": "write"},
    ("RecordAt", "draft"): {"POST": "read"},
    ("RecordAt", "do"): {"POST": "read"},
    ("RecordAt", "file"): {"GET": "read"},
    ("RecordAt", "panel"): {"GET": "read", "POST": "read"},
    ("RecordAt", "thread"): {"GET": "read"},
    ("RecordAt", "duplicate"): {"POST": "create"},
    ("RecordAt", "delete"): {"POST": "delete"},
    ("RecordAt", "next"): {"GET": "read"},
    ("RecordAt", "previous"): {"GET": "read"},
}
#: written where it asks for less than a session's token: (resource or route)
WITHOUT_TOKEN = {"route login", "route login language", "Unknown"}


def views(addon_set: AddonSet) -> list[tuple[str, str, str, list[str], Any]]:
    """(resource or route, view, method, rights, declaration) of every view that is not an error page."""
    found = []
    registry = addon_set.part("web").router.registry
    for item in registry.introspector.get_category("views"):
        one = item["introspectable"]
        if one["exception_only"] or one["callable"].__name__ == "default_exceptionresponse_view":
            continue
        context = one["context"]
        where = f"route {one['route_name']}" if one["route_name"] else getattr(context, "__name__", "anything")
        rights = [other["value"] for other in item["related"] if other.category_name == "permissions"]
        methods = one["request_methods"] or ("any",)
        for method in (methods,) if isinstance(methods, str) else methods:
            found.append((where, one["name"], method, rights, one))
    return found


@pytest.fixture
def everything() -> AddonSet:
    """The set of all addons of this repository."""
    catalogue = discover()
    return set_for(closure(catalogue, list(catalogue)))


def test_every_page_asks_for_a_right(everything: AddonSet, db: DoomedDatabase) -> None:
    for addon_set in (everything, db.set):
        for where, name, method, rights, one in views(addon_set):
            label = f"{method} {where} {name}: {one['callable'].__module__}.{one['callable'].__qualname__}"
            assert len(rights) == 1, f"{label} asks for no right"
            if rights == ["public"]:
                assert (where, name, method) in OPEN, f"{label} is open to everybody and does not stand in OPEN"
            else:
                assert rights[0] in ("member", "read", "create", "write", "delete"), f"{label}: {rights[0]} is unknown"
            if one["require_csrf"] is False and method != "GET":
                assert where in WITHOUT_TOKEN, f"{label} takes what other sites post"
            assert method != "any" or where == "Unknown", f"{label} answers to every method"


def test_the_pages_of_the_kernel_are_known(db: DoomedDatabase) -> None:
    kernel = [one for one in views(db.set) if one[4]["callable"].__module__.startswith("core.")]
    asked: dict[tuple[str, str], dict[str, str]] = {}
    for where, name, method, rights, _one in kernel:
        if (where, name, method) not in OPEN:
            asked.setdefault((where, name), {})[method] = rights[0]
    assert asked == ASKS
    assert {(where, name, method) for where, name, method, _r, _o in kernel} >= set(OPEN)


def test_a_view_that_says_nothing_is_for_nobody(db: DoomedDatabase) -> None:
    from pyramid.interfaces import IDefaultPermission

    registry = db.set.part("web").router.registry
    assert registry.queryUtility(IDefaultPermission) == "nobody"


def addresses(shop: Shop) -> list[tuple[str, str]]:
    """One address for every view of the kernel that wants a session."""
    order, partner = shop.orders[0], shop.partners["Andersen"]
    paths = {
        "route logout": "/logout",
        "route choose": "/choose",
        "Application": "/app",
        "Collection": "/app/shop.order",
        "NewRecord": "/app/shop.order/new",
        "RecordAt": f"/app/shop.order/{order}",
    }
    tails = {"do": "do/confirm", "file": "file/paper", "panel": "panel/thread", "lookup": "lookup?field=partner"}
    found = []
    for (where, name), methods in ASKS.items():
        for method in methods:
            found.append((method, paths[where] + (f"/{tails.get(name, name)}" if name else "")))
    return [*found, ("GET", f"/app/shop.partner/{partner}"), ("GET", "/app/nothing/at/all"), ("POST", "/app")]


def test_a_stranger_gets_nowhere(browser: Login, application: Dispatcher, shop: Shop) -> None:
    stranger = browser()
    for method, path in addresses(shop):
        for method_too in {method, "GET", "POST", "HEAD", "PUT"}:
            status, headers, text = raw(application, stranger, path, REQUEST_METHOD=method_too)
            led = status == 303 and headers["Location"].startswith("http://localhost/login")
            assert led or status in (401, 403, 404), f"{method_too} {path}: {status}"
            for word in ("SO-1", "Andersen", "Ball valve", "shop.order"):
                assert word not in text.replace(path, ""), path
        for header in ("HTTP_HX_REQUEST",):
            status, _headers, text = raw(application, stranger, path, REQUEST_METHOD=method, **{header: "true"})
            assert (status in (401, 403, 404) and not text.strip()) or status == 404, path


def test_whether_an_address_exists_is_not_told_to_strangers(
    browser: Login, application: Dispatcher, shop: Shop
) -> None:
    stranger = browser()
    answers = {
        raw(application, stranger, path)[0]
        for path in ("/app/shop.order", "/app/nothing", f"/app/shop.order/{shop.orders[0]}", "/app/shop.order/999999")
    }
    assert answers == {303}


#: login -> pages that it gets; whoever is not named gets 404
LISTS = {
    "shop.order": {"anna", "bent", "dora"},
    "shop.partner": {"anna", "bent", "carl", "dora"},
    "shop.article": {"anna", "bent", "dora"},
    "shop.user": {"bent"},
    "shop.city": {"anna", "bent", "carl", "dora"},
    "shop.line": set[str](),
}


@pytest.mark.parametrize("login", ["anna", "bent", "carl", "dora"])
def test_lists_by_users(browser: Login, login: str) -> None:
    app = browser(login)
    for model, logins in LISTS.items():
        assert app.get(f"/app/{model}", expect_errors=True).status_int == (200 if login in logins else 404), model
