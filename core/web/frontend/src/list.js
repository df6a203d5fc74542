// Lists: a row is opened by a click or by Enter, the arrows (or j and k) move between rows, / goes to the search,
// and whoever comes back from a record finds the list as it was left.

const KEY = () => `kontor:list:${location.pathname}${location.search}`;
const INTERACTIVE = "a, button, input, select, textarea, label, summary, [contenteditable]";

const rows = () => [...document.querySelectorAll("[data-list] [data-href]")].filter((row) => row.offsetParent);

function focusRow(row) {
  for (const one of document.querySelectorAll("[data-list] [data-href][tabindex='0']")) one.tabIndex = -1;
  row.tabIndex = 0;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function open(row, aside) {
  remember(row);
  if (aside) window.open(row.dataset.href, "_blank", "noopener");
  else location.assign(row.dataset.href);
}

function remember(row) {
  const box = row.closest("[data-list-scroll]");
  const place = { row: row.dataset.href, page: scrollY, box: box?.scrollTop ?? 0 };
  try {
    sessionStorage.setItem(KEY(), JSON.stringify(place));
  } catch {
    // nothing is remembered
  }
}

function returnTo() {
  let place = null;
  try {
    place = JSON.parse(sessionStorage.getItem(KEY()));
    sessionStorage.removeItem(KEY());
  } catch {
    // nothing was remembered
  }
  const all = rows();
  const row = place && all.find((one) => one.dataset.href === place.row);
  if (!row) {
    if (all[0]) all[0].tabIndex = 0;
    return;
  }
  const box = row.closest("[data-list-scroll]");
  if (box) box.scrollTop = place.box;
  scrollTo(0, place.page);
  focusRow(row);
}

document.addEventListener("click", (event) => {
  const row = event.target.closest?.("[data-list] [data-href]");
  if (!row) return;
  if (event.target.closest(INTERACTIVE)) {
    if (event.target.closest("a")) remember(row);
    return;
  }
  if (!getSelection().isCollapsed) return; // somebody marks text
  open(row, event.ctrlKey || event.metaKey);
});

document.addEventListener("auxclick", (event) => {
  const row = event.target.closest?.("[data-list] [data-href]");
  if (row && event.button === 1 && !event.target.closest(INTERACTIVE)) open(row, true);
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open], .modal.show, .offcanvas.show, .dropdown-menu.show")) return;
  const { target, key } = event;
  const search = document.querySelector("[data-search]");
  if (target.matches("input, select, textarea, [contenteditable]")) {
    if (target === search && key === "ArrowDown" && rows()[0]) focusRow(rows()[0]), event.preventDefault();
    return;
  }
  if (key === "/" && search) {
    event.preventDefault();
    search.focus();
    search.select?.();
    return;
  }
  const all = rows();
  if (!all.length) return;
  const row = target.closest("[data-list] [data-href]");
  const at = all.indexOf(row);
  const steps = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
  if (key === "Enter" && row && target === row) open(row, false);
  else if (key in steps && (row || key === "j" || key === "k")) {
    focusRow(all[Math.min(Math.max(at + steps[key], 0), all.length - 1)]);
  } else if (row && key === "Home") focusRow(all[0]);
  else if (row && key === "End") focusRow(all.at(-1));
  else return;
  event.preventDefault();
});

document.addEventListener("htmx:after:process", (event) => {
  if (event.target === document.body) returnTo();
  else if (event.target.querySelector?.("[data-href]") && !document.querySelector("[data-href][tabindex='0']")) {
    const first = rows()[0];
    if (first) first.tabIndex = 0;
  }
});
