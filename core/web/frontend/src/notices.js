// What the page tells its user outside of the form's own messages: bars at the top, and words for screen readers.

/**
 * Show a bar; a second one with the same `id` replaces the first. `actions` are {label, run} or {label, href}.
 * kinds: "danger" and "warning" interrupt a screen reader, "info" waits.
 */
export function notice({ id, kind = "info", text, actions = [] }) {
  const bar = document.createElement("div");
  bar.id = `notice-${id}`;
  bar.className = `notice alert alert-${kind}`;
  bar.setAttribute("role", kind === "info" ? "status" : "alert");
  const words = document.createElement("span");
  words.textContent = text;
  bar.append(words);
  for (const { label, run, href } of actions) {
    const control = document.createElement(href ? "a" : "button");
    control.className = "btn btn-sm btn-outline-secondary";
    control.textContent = label;
    if (href) control.href = href;
    else control.type = "button";
    if (run) control.addEventListener("click", run);
    bar.append(control);
  }
  withdraw(id);
  place().append(bar);
}

export function withdraw(id) {
  document.getElementById(`notice-${id}`)?.remove();
}

/** Say something to screen readers only. */
export function announce(text) {
  let region = document.getElementById("announcer");
  if (!region) {
    region = document.createElement("div");
    region.id = "announcer";
    region.className = "visually-hidden";
    region.setAttribute("aria-live", "polite");
    document.body.append(region);
  }
  region.textContent = text;
}

// A modal dialog covers the page, so a notice for its form belongs inside it.
function place() {
  const host = [...document.querySelectorAll("dialog[open]")].pop() ?? document.body;
  let notices = host.querySelector(":scope > .notices, main > .notices");
  if (!notices) {
    notices = document.createElement("div");
    notices.className = "notices";
    host.prepend(notices);
  }
  return notices;
}
