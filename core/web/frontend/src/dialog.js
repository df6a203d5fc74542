// A record created on the way: a form in a modal dialog, over the form that needs the record.

import htmx from "./htmx.js";
import { protocolOf } from "./form.js";
import { t } from "./texts.js";

let depth = 0;

/**
 * Open the page part at `url` in a dialog. Answers {id, label} when the server says HX-Trigger: kontor:created,
 * and null when the dialog is closed without that.
 */
export function openDialog(url) {
  const opener = document.activeElement;
  const dialog = document.createElement("dialog");
  dialog.className = "form-dialog";
  dialog.setAttribute("aria-label", t("New record"));
  const body = document.createElement("div");
  body.id = `dialog-${++depth}`;
  dialog.append(body);
  document.body.append(dialog);

  return new Promise((resolve) => {
    let created = null;
    const unsaved = () => [...dialog.querySelectorAll("form")].some((form) => protocolOf(form)?.dirty);
    const mayClose = () => !unsaved() || confirm(t("Close without saving?"));
    dialog.addEventListener("kontor:created", (event) => {
      event.stopPropagation();
      created = event.detail;
      dialog.close();
    });
    dialog.addEventListener("cancel", (event) => {
      if (event.target === dialog && !mayClose()) event.preventDefault();
    });
    dialog.addEventListener("click", (event) => {
      if (event.target.closest("[data-dialog-close]") && mayClose()) dialog.close();
    });
    dialog.addEventListener("close", () => {
      for (const form of dialog.querySelectorAll("form")) protocolOf(form)?.forget();
      dialog.remove();
      depth--;
      opener?.focus?.();
      resolve(created);
    });
    dialog.addEventListener("htmx:after:swap", () => {
      const heading = dialog.querySelector("h1, h2, h3");
      if (heading) dialog.setAttribute("aria-label", heading.textContent);
    });
    dialog.showModal();
    const address = new URL(url, location.href);
    address.searchParams.set("_dialog", depth);
    htmx.ajax("GET", address.pathname + address.search, { target: body, source: body, swap: "innerHTML" });
  });
}
