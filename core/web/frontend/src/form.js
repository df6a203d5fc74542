// The form protocol. A change posts the form to its draft address; the answer is <hx-partial> elements for the
// fields that differ from what was posted. What the user does meanwhile always wins:
//
//     change ──► POST draft ──(time passes, the user types on)──► answer ──► swap, without the fields edited since
//
// Saving goes the same way, so that a lost connection or an ended session never costs a character.

import htmx from "./htmx.js";
import * as keep from "./keep.js";
import * as lines from "./lines.js";
import { notice, withdraw } from "./notices.js";
import { leaving } from "./requests.js";
import { t } from "./texts.js";
import { isUnreadable, judge, markUnreadable } from "./unreadable.js";

const FORM = "form[data-draft-url], form[data-form]";
const KEEP_DELAY = 200;
const RETRY_DELAY = 4000;

const forms = new Map();

class RecordForm {
  constructor(form) {
    this.form = form;
    this.clock = 0;
    this.edited = new Map(); // name -> clock of its last edit
    this.changed = new Map(); // name -> clock of its change, for names that the server has not answered yet
    this.typing = new Set(); // names edited without a change event so far
    this.pending = new Map(); // name -> clock when the user left it, for lookups that are still finding the record
    this.skipped = new Set(); // names whose answer was dropped because they were being edited
    this.dirty = false;
    this.saving = false;
    // Draft requests need a queue of their own: a newer one replaces the older, and neither touches saving.
    this.source = document.createElement("div");
    this.source.hidden = true;
    this.source.setAttribute("hx-sync", "this:replace");
    form.append(this.source);

    form.addEventListener("input", (event) => this.edit(event.target.name));
    form.addEventListener("change", (event) => this.change(event.target));
    form.addEventListener("focusout", (event) => {
      judge(event.target);
      this.leave(event.target.name);
    });
    form.addEventListener("submit", (event) => this.save(event));
    form.addEventListener("keydown", (event) => this.key(event));
    form.addEventListener("kontor:pending", (event) => this.pending.set(event.detail.name, this.clock));
    form.addEventListener("kontor:lines", (event) => this.changeLines(event.detail.name));
    form.addEventListener("htmx:config:request", (event) => this.configure(event.detail.ctx));
    form.addEventListener("htmx:before:swap", (event) => this.filter(event.detail));
    form.addEventListener("htmx:after:swap", (event) => this.swapped(event.detail.ctx));
    form.addEventListener("htmx:after:request", (event) => this.answered(event.detail.ctx));
    form.addEventListener("htmx:error", (event) => this.failed(event.detail.ctx));
    this.restore();
  }

  // ---- editing ----

  edit(name) {
    if (!name) return;
    this.edited.set(name, ++this.clock);
    this.typing.add(name);
    this.dirty = true;
    this.keepLater();
  }

  change(control) {
    if (!control.name) return;
    const { name } = control;
    this.edit(name);
    if (isUnreadable(control)) return; // perhaps only half typed: said when it is left
    judge(control);
    this.typing.delete(name);
    this.skipped.delete(name);
    this.changed.set(name, this.pending.get(name) ?? this.clock);
    this.pending.delete(name);
    if (!control.closest("[data-quiet]")) this.draft();
  }

  changeLines(name) {
    this.edit(`${name}-order`);
    this.changed.set(name, this.clock);
    this.draft();
  }

  // The user typed and took it back: no change event follows, but the server's answer was dropped. Ask again.
  leave(name) {
    if (this.skipped.delete(name)) this.draft();
  }

  key(event) {
    const control = event.target;
    if (event.defaultPrevented || event.key !== "Enter" || !control.matches("input, select")) return;
    if (control.closest("[data-lines]") || control.matches("[type=submit], [type=button], [type=file]")) return;
    if (control.closest("[data-enter-submits]")) return;
    event.preventDefault(); // Enter commits a field; saving is Ctrl+S or a button
    if (control.matches("input:not([type=checkbox], [type=radio])")) control.blur(), control.focus();
  }

  // ---- drafts ----

  draft() {
    clearTimeout(this.retry);
    const url = this.form.dataset.draftUrl;
    if (!url || this.saving) return;
    const asked = { form: this, kind: "draft", clock: this.clock, names: [...this.changed.keys()] };
    htmx.ajax("POST", url, { source: this.source, swap: "none", values: { _changed: this.inOrder() }, asked });
  }

  /**
   * The changed names in the order of what the user did. A lookup may find its record after the user has typed into
   * the next field; that field follows it, so that the rules of the record do not overwrite it.
   */
  inOrder(extra = []) {
    const order = new Map(this.changed);
    const first = Math.min(...order.values());
    for (const [name, clock] of this.edited) {
      if ((clock > first && !this.typing.has(name)) || extra.includes(name)) order.set(name, order.get(name) ?? clock);
    }
    const words = (name) => this.form.elements[name]?.matches?.("[data-lookup] :not([type=hidden])");
    const names = [...order.keys()].filter((name) => !name.endsWith("-order") && !words(name));
    return names.sort((one, other) => order.get(one) - order.get(other)).join(" ");
  }

  configure(ctx) {
    if (ctx.asked?.kind !== "draft") return;
    for (const [name, value] of [...ctx.request.body]) if (value instanceof File) ctx.request.body.delete(name);
  }

  filter({ ctx, tasks }) {
    const { asked } = ctx;
    if (asked?.form !== this) return;
    const dialog = this.form.closest("dialog");
    for (let at = tasks.length - 1; at >= 0; at--) {
      const { type, target } = tasks[at];
      if (type !== "partial" || !target) continue;
      const foreign = dialog ? !dialog.contains(target) : target.closest?.("dialog");
      const newer = asked.kind === "draft" ? this.editedSince(asked.clock, target) : [];
      for (const name of newer) this.skipped.add(name);
      if (foreign || newer.length) tasks.splice(at, 1);
    }
    for (const name of this.skipped) if (this.form.elements[name] !== document.activeElement) asked.again = true;
    asked.partials = tasks.filter((task) => task.type === "partial").length;
    if (asked.kind === "draft" && ctx.response.status < 400) {
      for (const name of asked.names) if ((this.edited.get(name) ?? 0) <= asked.clock) this.changed.delete(name);
    }
  }

  editedSince(clock, target) {
    const names = [...target.querySelectorAll("[name]")].map((control) => control.name);
    if (target.name) names.push(target.name);
    return names.filter((name) => (this.edited.get(name) ?? 0) > clock);
  }

  // ---- saving ----

  async save(event) {
    event.preventDefault();
    const { submitter } = event;
    if (this.saving) return;
    const [unreadable] = markUnreadable(this.form);
    if (unreadable) {
      revealTab(unreadable);
      return unreadable.focus();
    }
    if (submitter?.dataset.confirm && !confirm(submitter.dataset.confirm)) return;
    clearTimeout(this.retry);
    htmx.trigger(this.source, "htmx:abort");
    this.saving = true;
    this.keepNow();
    const action = submitter?.getAttribute("formaction") || this.form.getAttribute("action") || location.pathname;
    await this.settle();
    const asked = { form: this, kind: "save", clock: this.clock };
    const values = { _changed: this.inOrder([...this.typing]) };
    if (submitter?.name) values[submitter.name] = submitter.value;
    const done = htmx.ajax("POST", action, { source: this.form, event, swap: "none", values, asked });
    const release = this.lock(); // after htmx has read the form: a disabled control is not posted
    try {
      await done;
    } finally {
      this.saving = false;
      if (!leaving.now) release();
    }
    this.afterSave(asked);
  }

  /** Wait for lookups whose words have not found their record yet. */
  async settle() {
    const waiting = [];
    this.form.dispatchEvent(new CustomEvent("kontor:settle", { bubbles: true, detail: { waiting } }));
    await Promise.all(waiting);
  }

  lock() {
    const focused = document.activeElement;
    const buttons = [...document.querySelectorAll("button, input[type=submit]")].filter(
      (one) => one.form === this.form && one.type === "submit" && !one.disabled,
    );
    for (const button of buttons) button.disabled = true;
    this.form.setAttribute("aria-busy", "true");
    return () => {
      for (const button of buttons) button.disabled = false;
      this.form.removeAttribute("aria-busy");
      if (buttons.includes(focused) && focused.isConnected) focused.focus();
    };
  }

  answered(ctx) {
    const { asked, response, hx } = ctx;
    if (asked?.form !== this) return;
    asked.status = response.status;
    if (asked.kind !== "save" || response.status >= 400) return;
    this.changed.clear();
    this.typing.clear();
    this.forget();
    withdraw("restored");
    if (hx?.redirect || hx?.refresh || hx?.location) leaving.now = true; // buttons stay locked until the page has gone
  }

  afterSave(asked) {
    if (!(asked.status >= 400) || asked.status === 401 || asked.status >= 500) return;
    if (!asked.partials) {
      const text = t("The server refused this ({status}). What you typed is kept.", { status: asked.status });
      notice({ id: "refused", kind: "danger", text });
      return;
    }
    withdraw("refused");
    const first = this.form.querySelector("[aria-invalid=true]:not([type=hidden])");
    revealTab(first);
    first?.focus();
  }

  // An answer for a field was dropped that the user has left by now: nothing else would ask again.
  swapped(ctx) {
    if (ctx.asked?.form !== this || !ctx.asked.again) return;
    this.skipped.clear();
    this.draft();
  }

  failed(ctx) {
    if (ctx?.asked?.form !== this || ctx.asked.kind !== "draft") return;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.form.isConnected && this.draft(), RETRY_DELAY);
  }

  // ---- keeping ----

  keepLater() {
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keepNow(), KEEP_DELAY);
  }

  keepNow() {
    if (this.dirty && this.form.isConnected) keep.store(this.form);
  }

  restore() {
    const kept = keep.stored(this.form);
    if (!kept) return;
    const differed = lines.restore(this.form, kept.state);
    const names = keep.write(this.form, kept.state);
    if (!names.length && !differed) return keep.forget(this.form);
    for (const name of names) this.edited.set(name, ++this.clock);
    this.dirty = true;
    this.form.dispatchEvent(new CustomEvent("kontor:restored", { bubbles: true }));
    const time = new Date(kept.at).toLocaleTimeString(document.documentElement.lang || undefined, {
      hour: "2-digit",
      minute: "2-digit",
    });
    notice({
      id: "restored",
      text: t("Your unsaved input of {time} is back in the form.", { time }),
      actions: [
        { label: t("Keep it"), run: () => withdraw("restored") },
        { label: t("Discard it"), run: () => this.discard() && location.reload() },
      ],
    });
    this.draft(); // names nothing as changed: totals and conditions follow, no rule overwrites what was typed
  }

  forget() {
    this.dirty = false;
    clearTimeout(this.keeping);
    keep.forget(this.form);
  }

  discard() {
    this.forget();
    leaving.now = true;
    return true;
  }
}

function revealTab(control) {
  const pane = control?.closest(".tab-pane:not(.active)");
  if (pane) document.querySelector(`[data-bs-target="#${CSS.escape(pane.id)}"], [href="#${CSS.escape(pane.id)}"]`)?.click();
}

/** The protocol of `form`, or undefined for forms that do not take part. */
export function protocolOf(form) {
  return forms.get(form);
}

function adopt(root) {
  for (const [form] of forms) if (!form.isConnected) forms.delete(form);
  const found = [...(root.querySelectorAll?.(FORM) ?? []), ...(root.matches?.(FORM) ? [root] : [])];
  for (const form of found) if (!forms.has(form)) forms.set(form, new RecordForm(form));
}

document.addEventListener("htmx:after:process", (event) => adopt(event.target));

addEventListener("beforeunload", (event) => {
  if (!leaving.now && [...forms.values()].some((one) => one.dirty && one.form.isConnected)) event.preventDefault();
});
addEventListener("pagehide", () => forms.forEach((one) => one.keepNow()));
addEventListener("pageshow", (event) => event.persisted && (leaving.now = false));
addEventListener("online", () => forms.forEach((one) => one.changed.size && one.draft()));

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-discard]");
  if (link) forms.get(link.closest("form") ?? document.querySelector(FORM))?.discard();
});

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s") return;
  const dialog = [...document.querySelectorAll("dialog[open]")].pop();
  const form = document.activeElement?.form ?? (dialog ?? document).querySelector(FORM);
  if (!forms.has(form)) return;
  event.preventDefault();
  const save = [...form.elements].find((one) => one.matches("[data-save]"));
  form.requestSubmit(save && !save.disabled ? save : undefined);
});
