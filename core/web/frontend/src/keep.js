// Typed input outlives an ended session, a restarted server and a closed page: it is kept in this tab's
// sessionStorage until the form is saved or the user throws it away.

const NEVER = new Set(["password", "file", "submit", "button", "image", "reset"]);

// A CSRF token belongs to the page that carries it.
const isOfThisPage = (control) => control.name === "csrf_token" || control.closest("[data-no-keep]") !== null;

/** Where a form's input is kept; another user in the same tab never sees it. */
export function keyOf(form) {
  const who = document.body.dataset.principal ?? "";
  return `kontor:kept:${who}:${form.dataset.draftKey ?? form.getAttribute("action") ?? location.pathname}`;
}

/** Every control's state, in order: [name, value, checked], of a choice of several [name, values, null, labels]. */
export function read(form) {
  const state = [];
  for (const control of form.elements) {
    if (!control.name || NEVER.has(control.type) || isOfThisPage(control)) continue;
    if (control.type === "select-multiple") {
      const chosen = [...control.selectedOptions];
      state.push([control.name, chosen.map((option) => option.value), null, chosen.map((option) => option.text)]);
    } else if (control.type === "checkbox" || control.type === "radio") {
      state.push([control.name, control.value, control.checked]);
    } else {
      state.push([control.name, control.value, null]);
    }
  }
  return state;
}

/** Put `state` back; answers the names whose value differed. */
export function write(form, state) {
  const changed = [];
  const used = new Map(); // several controls may share a name: the n-th kept value belongs to the n-th control
  for (const [name, value, checked, labels] of state) {
    const group = [...form.elements].filter((control) => control.name === name && !NEVER.has(control.type));
    if (checked !== null) {
      const control = group.find((one) => one.value === value);
      if (control && control.checked !== checked) {
        control.checked = checked;
        changed.push(name);
      }
      continue;
    }
    const at = used.get(name) ?? 0;
    used.set(name, at + 1);
    const control = group[at];
    if (!control || isOfThisPage(control)) continue;
    if (Array.isArray(value)) {
      const before = [...control.selectedOptions].map((option) => option.value);
      if (control.closest("[data-tags]")) control.replaceChildren(...value.map((one, n) => new Option(labels[n], one)));
      for (const option of control.options) option.selected = value.includes(option.value);
      if (before.join(" ") !== value.join(" ")) changed.push(name);
    } else if (control.value !== value) {
      control.value = value;
      changed.push(name);
    }
  }
  return changed;
}

export function store(form) {
  try {
    sessionStorage.setItem(keyOf(form), JSON.stringify({ at: Date.now(), state: read(form) }));
  } catch {
    // Storage is full or forbidden: the page itself still holds everything.
  }
}

export function stored(form) {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(form)));
  } catch {
    return null;
  }
}

export function forget(form) {
  try {
    sessionStorage.removeItem(keyOf(form));
  } catch {
    // nothing was kept
  }
}
