// A control whose text the browser itself cannot read, as 31 February in a date, has an empty value: posted, it would
// wipe out what stood there. So it is said at the control, and nothing is sent until it can be read.

import { t } from "./texts.js";

const MARK = "data-unreadable";

export const isUnreadable = (control) => control.validity?.badInput === true;

/** The controls of `form` that hold what cannot be read; each says so from now on. */
export function markUnreadable(form) {
  const found = [...form.elements].filter(isUnreadable);
  for (const control of found) judge(control);
  return found;
}

/** Say at `control` that it cannot be read, or take it back. */
export function judge(control) {
  if (!isUnreadable(control)) return withdraw(control);
  if (control.hasAttribute(MARK)) return;
  const text = document.createElement("p");
  text.className = "field-error";
  text.id = `u-${control.id}`;
  text.setAttribute("role", "alert");
  text.textContent = t("is not a day of the calendar");
  control.after(text);
  control.setAttribute(MARK, control.getAttribute("aria-describedby") ?? "");
  control.setAttribute("aria-invalid", "true");
  control.setAttribute("aria-describedby", `${text.id} ${control.getAttribute(MARK)}`.trim());
}

function withdraw(control) {
  if (!control.hasAttribute?.(MARK)) return;
  const before = control.getAttribute(MARK);
  document.getElementById(`u-${control.id}`)?.remove();
  control.removeAttribute(MARK);
  control.removeAttribute("aria-invalid");
  if (before) control.setAttribute("aria-describedby", before);
  else control.removeAttribute("aria-describedby");
}
