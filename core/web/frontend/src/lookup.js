// A linked record is chosen by typing part of its name: the editable combobox of the WAI-ARIA practices,
// with the list in the top layer. The visible input carries words, the hidden one the id that is posted.

import { openDialog } from "./dialog.js";
import { announce } from "./notices.js";
import { t } from "./texts.js";

const DELAY = 150;
const lookups = new WeakMap();

class Lookup {
  constructor(wrapper) {
    this.wrapper = wrapper;
    this.text = wrapper.querySelector("input:not([type=hidden])");
    this.value = wrapper.querySelector("input[type=hidden]") ?? document.createElement("input");
    this.label = this.text.value;
    this.items = [];
    this.active = -1;
    this.asked = 0;

    this.text.setAttribute("role", "combobox");
    this.text.setAttribute("aria-autocomplete", "list");
    this.text.setAttribute("aria-expanded", "false");
    this.text.autocomplete = "off";
    this.text.addEventListener("input", () => this.typed());
    this.text.addEventListener("change", (event) => event.stopPropagation()); // only a chosen record is a change
    this.text.addEventListener("keydown", (event) => this.key(event));
    this.text.addEventListener("click", () => this.text.readOnly || this.isOpen || this.search(""));
    this.text.addEventListener("blur", () => this.leave());
    wrapper.addEventListener("click", (event) => {
      if (!event.target.closest("[data-lookup-toggle]") || this.text.disabled || this.text.readOnly) return;
      this.text.focus();
      if (this.isOpen) this.close();
      else this.search("");
    });
    this.linkOpener();
  }

  get isOpen() {
    return this.text.getAttribute("aria-expanded") === "true";
  }

  /** The user's words stand for no record yet. */
  get isLoose() {
    return this.text.value.trim() !== this.label.trim();
  }

  // ---- asking ----

  typed() {
    clearTimeout(this.timer);
    if (this.text.value.trim() === "") {
      this.asked++;
      this.close();
      return;
    }
    this.timer = setTimeout(() => this.search(this.text.value), DELAY);
  }

  async search(query) {
    clearTimeout(this.timer);
    const items = await this.ask(query);
    if (!items || document.activeElement !== this.text) return;
    this.items = items;
    this.active = query.trim() && items.length ? 0 : items.findIndex((item) => String(item.id) === this.value.value);
    this.open();
  }

  /** The records that fit `query`, or null when a newer question has been asked meanwhile. */
  async ask(query) {
    const mine = ++this.asked;
    this.abort?.abort();
    this.abort = new AbortController();
    this.text.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(this.address(query), {
        headers: { Accept: "application/json", "HX-Request": "true" },
        signal: this.abort.signal,
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const items = await answer.json();
      return mine === this.asked ? items : null;
    } catch (error) {
      if (error.name === "AbortError" || mine !== this.asked) return null;
      return [{ failed: true, label: t("The list could not be loaded.") }];
    } finally {
      if (mine === this.asked) this.text.removeAttribute("aria-busy");
    }
  }

  address(query) {
    const address = new URL(this.wrapper.dataset.url, location.href);
    address.searchParams.set("q", query.trim());
    // Values of other fields that narrow the choice: "partner" or, inside a row, "lines-3-article".
    for (const name of (this.wrapper.dataset.context ?? "").split(" ").filter(Boolean)) {
      const control = this.text.form?.elements[name];
      if (control) address.searchParams.set(name, control.value);
    }
    return address;
  }

  // ---- the list ----

  open() {
    const list = this.list ?? this.makeList();
    list.replaceChildren(...this.items.map((item, at) => this.option(item, at)));
    if (!this.items.length) {
      const nothing = document.createElement("div");
      nothing.className = "lookup-nothing";
      nothing.setAttribute("role", "option");
      nothing.setAttribute("aria-disabled", "true");
      nothing.textContent = t("Nothing found");
      list.append(nothing);
    }
    this.text.setAttribute("aria-expanded", "true");
    if (!list.matches(":popover-open")) list.showPopover();
    this.place();
    this.mark();
  }

  makeList() {
    this.list = document.createElement("div");
    this.list.id = `${this.text.id}-list`;
    this.list.className = "lookup-list";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.text.labels?.[0]?.textContent ?? this.text.getAttribute("aria-label") ?? "");
    this.list.popover = "manual";
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the input
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[data-at]");
      if (option) this.choose(this.items[option.dataset.at]);
    });
    this.text.setAttribute("aria-controls", this.list.id);
    this.wrapper.append(this.list);
    this.follow = () => this.place();
    return this.list;
  }

  option(item, at) {
    const option = document.createElement("div");
    option.id = `${this.list.id}-${at}`;
    option.className = item.create ? "lookup-option lookup-create" : "lookup-option";
    option.setAttribute("role", "option");
    option.dataset.at = at;
    const label = document.createElement("span");
    label.textContent = item.label;
    option.append(label);
    if (item.detail) {
      const detail = document.createElement("small");
      detail.textContent = item.detail;
      option.append(detail);
    }
    if (item.failed) option.setAttribute("aria-disabled", "true");
    return option;
  }

  place() {
    const box = this.text.getBoundingClientRect();
    const below = innerHeight - box.bottom - 8;
    const above = box.top - 8;
    const upwards = below < 160 && above > below;
    const { style } = this.list;
    style.left = `${box.left}px`;
    style.minWidth = `${box.width}px`;
    style.maxWidth = `${Math.max(box.width, innerWidth - box.left - 8)}px`;
    style.maxHeight = `${Math.min(320, upwards ? above : below)}px`;
    style.top = upwards ? "auto" : `${box.bottom + 2}px`;
    style.bottom = upwards ? `${innerHeight - box.top + 2}px` : "auto";
    addEventListener("scroll", this.follow, true);
    addEventListener("resize", this.follow);
  }

  mark() {
    const options = [...this.list.querySelectorAll("[data-at]")];
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === this.active)));
    const current = options[this.active];
    if (!current) return this.text.removeAttribute("aria-activedescendant");
    this.text.setAttribute("aria-activedescendant", current.id);
    current.scrollIntoView({ block: "nearest" });
  }

  close() {
    this.text.setAttribute("aria-expanded", "false");
    this.text.removeAttribute("aria-activedescendant");
    if (this.list?.matches(":popover-open")) this.list.hidePopover();
    removeEventListener("scroll", this.follow, true);
    removeEventListener("resize", this.follow);
  }

  // ---- keyboard ----

  key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || this.text.readOnly) return;
    const { key } = event;
    if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      if (!this.isOpen) return void this.search(this.isLoose ? this.text.value : "");
      const count = this.items.length;
      if (count) this.active = (this.active + (key === "ArrowDown" ? 1 : -1) + (this.active < 0 && key === "ArrowUp" ? 1 : 0) + count) % count;
      this.mark();
    } else if (key === "Enter" && this.isOpen && this.items[this.active]) {
      event.preventDefault();
      this.choose(this.items[this.active]);
    } else if (key === "Enter" && this.isLoose && this.text.value.trim()) {
      event.preventDefault(); // typed faster than the list came
      this.settle();
    } else if (key === "Escape" && (this.isOpen || this.isLoose)) {
      event.preventDefault();
      event.stopPropagation();
      clearTimeout(this.timer);
      this.asked++;
      if (this.isOpen) return this.close();
      this.show(this.label);
    } else if (key === "Tab" && this.isOpen && this.isLoose && this.items[this.active]?.id != null) {
      this.choose(this.items[this.active]);
    }
  }

  // ---- choosing ----

  leave() {
    this.close();
    clearTimeout(this.timer);
    if (!this.isLoose) return;
    const detail = { name: this.value.name };
    this.value.dispatchEvent(new CustomEvent("kontor:pending", { bubbles: true, detail }));
    this.settle();
  }

  /** Words were typed and none of the list was chosen: take the record that they name, if there is exactly one. */
  async settle() {
    clearTimeout(this.timer); // a search that starts now would take the answer away
    const words = this.text.value.trim();
    if (!words) return this.take("", "");
    const items = (await this.ask(words))?.filter((item) => item.id != null);
    if (!items || this.text.value.trim() !== words) return;
    const same = (text) => text?.toLowerCase() === words.toLowerCase();
    const exact = items.filter((item) => same(item.label) || same(item.code));
    const only = exact.length === 1 ? exact[0] : items.length === 1 ? items[0] : null;
    if (only) return this.take(only.id, only.label);
    this.text.setAttribute("aria-invalid", "true");
    this.text.title = items.length ? t("Several records fit; choose one of the list.") : t("No record fits these words.");
    if (this.value.value) this.post("");
    if (document.activeElement === this.text) this.search(words);
  }

  async choose(item) {
    if (!item || item.failed) return;
    this.close();
    if (!item.create) return this.take(item.id, item.label);
    const typed = this.text.value;
    this.label = typed; // leaving for the dialog must not look for a record of that name
    const created = await openDialog(item.url);
    if (created) this.take(created.id, created.label);
    else this.label = this.value.value ? this.label : "";
    this.text.focus();
  }

  take(id, label) {
    this.asked++;
    this.show(label);
    this.label = label;
    if (this.value.value !== String(id)) this.post(String(id));
  }

  show(label) {
    this.text.value = label;
    this.text.removeAttribute("aria-invalid");
    this.text.removeAttribute("title");
  }

  post(id) {
    this.value.value = id;
    this.linkOpener();
    this.value.dispatchEvent(new Event("input", { bubbles: true }));
    this.value.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // A link to the chosen record, when the template offers one.
  linkOpener() {
    const link = this.wrapper.querySelector("[data-lookup-open]");
    if (!link) return;
    link.hidden = !this.value.value;
    link.href = link.dataset.lookupOpen.replace("{id}", encodeURIComponent(this.value.value));
  }

  restored() {
    this.label = this.value.value ? this.text.value : "";
    this.linkOpener();
  }
}

// Several records: what is chosen stands as tags before the input, and is posted by a hidden select.
class TagLookup extends Lookup {
  constructor(wrapper) {
    super(wrapper);
    this.box = wrapper.closest("[data-tags]");
    this.select = this.box.querySelector("select");
    this.tags = this.box.querySelector("[data-tag-list]");
    this.draw(); // kept input may have been put back before
    this.box.addEventListener("click", (event) => {
      const button = event.target.closest("[data-tag-remove]");
      if (button) this.remove(button.dataset.tagRemove);
      if (button || event.target === this.box) this.text.focus();
    });
    this.text.addEventListener("keydown", (event) => {
      const last = this.select.options[this.select.options.length - 1];
      if (event.key === "Backspace" && !this.text.value && last) this.remove(last.value);
    });
  }

  async ask(query) {
    const chosen = new Set([...this.select.options].map((option) => option.value));
    return (await super.ask(query))?.filter((item) => !chosen.has(String(item.id))) ?? null;
  }

  take(id, label) {
    this.asked++;
    this.show("");
    this.label = "";
    if (id === "" || [...this.select.options].some((option) => option.value === String(id))) return;
    this.select.append(new Option(label, id, true, true));
    this.changed();
  }

  remove(id) {
    const option = [...this.select.options].find((one) => one.value === id);
    if (!option) return;
    option.remove();
    announce(t("Removed: {name}", { name: option.text }));
    this.changed();
  }

  changed() {
    this.draw();
    this.select.dispatchEvent(new Event("input", { bubbles: true }));
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  draw() {
    this.tags.replaceChildren(
      ...[...this.select.options].map((option) => {
        const tag = document.createElement("span");
        tag.className = "badge tag";
        tag.textContent = option.text;
        const button = document.createElement("button");
        button.type = "button";
        button.className = "tag-remove";
        button.dataset.tagRemove = option.value;
        button.setAttribute("aria-label", t("Remove {name}", { name: option.text }));
        button.textContent = "✕";
        tag.append(button);
        return tag;
      }),
    );
  }

  restored() {
    this.label = "";
    this.draw();
  }
}

const make = (wrapper) => (wrapper.closest("[data-tags]") ? new TagLookup(wrapper) : new Lookup(wrapper));

function adopt(root) {
  const found = [...(root.querySelectorAll?.("[data-lookup]") ?? []), ...(root.matches?.("[data-lookup]") ? [root] : [])];
  for (const wrapper of found) if (!lookups.has(wrapper)) lookups.set(wrapper, make(wrapper));
}

document.addEventListener("htmx:after:process", (event) => adopt(event.target));
document.addEventListener("kontor:settle", (event) => {
  for (const wrapper of event.target.querySelectorAll("[data-lookup]")) {
    const lookup = lookups.get(wrapper);
    if (lookup?.isLoose) event.detail.waiting.push(lookup.settle());
  }
});
document.addEventListener("kontor:restored", (event) => {
  for (const wrapper of event.target.querySelectorAll("[data-lookup]")) lookups.get(wrapper)?.restored();
});
