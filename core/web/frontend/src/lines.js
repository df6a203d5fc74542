// Editable lines of a form. Every row has a key that never changes while the page lives; the order and the removed
// records are two hidden inputs, so moving a row renames nothing and an answer on its way still finds its fields.
//
//     [data-lines="lines"] > input[name="lines-order"], input[name="lines-removed"]
//     [data-lines-rows] > [data-row="0"], [data-row="1"] …      template[data-lines-template] with __key__

import htmx from "./htmx.js";
import { announce } from "./notices.js";
import { t } from "./texts.js";

const CONTROL = "input:not([type=hidden], :disabled, [readonly]), select:not(:disabled), textarea:not(:disabled, [readonly])";

const blockOf = (element) => element.closest?.("[data-lines]");
const rowOf = (element) => element.closest?.("[data-row]");
const bodyOf = (block) => block.querySelector("[data-lines-rows]");
const rowsOf = (block) => [...bodyOf(block).querySelectorAll(":scope > [data-row]")];
const nameOf = (block) => block.dataset.lines;
const hidden = (block, suffix) => block.querySelector(`input[name="${CSS.escape(`${nameOf(block)}-${suffix}`)}"]`);
const keysOf = (block) => rowsOf(block).map((row) => row.dataset.row);

function changed(block) {
  writeOrder(block);
  block.dispatchEvent(new CustomEvent("kontor:lines", { bubbles: true, detail: { name: nameOf(block) } }));
}

function writeOrder(block) {
  const order = hidden(block, "order");
  if (order) order.value = keysOf(block).join(" ");
}

// ---- adding ----

export function add(block, { key = nextKey(block), quiet = false } = {}) {
  const template = block.querySelector("template[data-lines-template]");
  if (!template) return null;
  const row = document.importNode(template.content.querySelector("[data-row]"), true);
  for (const element of [row, ...row.querySelectorAll("*")]) {
    for (const { name, value } of [...element.attributes]) {
      if (value.includes("__key__")) element.setAttribute(name, value.replaceAll("__key__", key));
    }
  }
  bodyOf(block).append(row);
  block.dataset.nextKey = Math.max(Number(block.dataset.nextKey) || 0, Number(key) + 1);
  prepare(row);
  htmx.process(row);
  if (quiet) return row;
  changed(block);
  row.querySelector(CONTROL)?.focus();
  announce(t("Line added"));
  return row;
}

function nextKey(block) {
  const used = keysOf(block).map(Number).filter(Number.isInteger);
  return String(Math.max(Number(block.dataset.nextKey) || 0, ...used.map((key) => key + 1), 0));
}

// ---- removing, with a way back ----

export function remove(row) {
  const block = blockOf(row);
  const rows = rowsOf(block);
  const at = rows.indexOf(row);
  const neighbour = rows[at + 1] ?? rows[at - 1];
  const removed = hidden(block, "removed");
  const id = row.querySelector(`input[name="${CSS.escape(`${nameOf(block)}-${row.dataset.row}-id`)}"]`)?.value;
  const before = removed?.value;
  if (id && removed) removed.value = `${before} ${id}`.trim();
  row.remove();
  changed(block);
  (neighbour?.querySelector(CONTROL) ?? block.querySelector("[data-line-add]"))?.focus();

  const bar = undoBar(block);
  bar.replaceChildren(document.createTextNode(`${t("Line removed")} `));
  const undo = document.createElement("button");
  undo.type = "button";
  undo.className = "btn btn-link btn-sm";
  undo.textContent = t("Undo");
  undo.addEventListener("click", () => {
    const body = bodyOf(block);
    body.insertBefore(row, rowsOf(block)[at] ?? null);
    if (removed) removed.value = removed.value.split(" ").filter((one) => one !== id).join(" ");
    bar.replaceChildren();
    changed(block);
    row.querySelector(CONTROL)?.focus();
  });
  bar.append(undo);
}

function undoBar(block) {
  let bar = block.querySelector(":scope > .lines-undo");
  if (!bar) {
    bar = document.createElement("div");
    bar.className = "lines-undo";
    bar.setAttribute("role", "status");
    block.append(bar);
  }
  return bar;
}

// ---- moving ----

export function move(row, step) {
  const block = blockOf(row);
  const rows = rowsOf(block);
  const to = rows.indexOf(row) + step;
  if (to < 0 || to >= rows.length) return;
  const focused = document.activeElement;
  if (step < 0) rows[to].before(row);
  else rows[to].after(row);
  if (row.contains(focused)) focused.focus();
  changed(block);
  announce(t("Line {at} of {count}", { at: to + 1, count: rows.length }));
}

/** Enter goes down a column like in a spreadsheet; below the last row it makes a new one. */
function goDown(control) {
  const row = rowOf(control);
  const block = blockOf(row);
  const rows = rowsOf(block);
  const next = rows[rows.indexOf(row) + 1];
  if (!next) {
    commit(control);
    add(block);
    return;
  }
  const column = [...row.querySelectorAll(CONTROL)].indexOf(control);
  const target = next.querySelectorAll(CONTROL)[column] ?? next.querySelector(CONTROL);
  target?.focus();
  target?.select?.();
}

// A control tells of its change when it loses the focus; the new row must come after that.
function commit(control) {
  control.blur();
}

// ---- events, for the rows of today and of tomorrow ----

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-line-add], [data-line-remove], [data-line-up], [data-line-down]");
  if (!button || button.disabled) return;
  const block = blockOf(button);
  if (!block) return;
  const { lineAdd, lineRemove, lineUp } = button.dataset;
  if (lineAdd !== undefined) add(block);
  else if (lineRemove !== undefined) remove(rowOf(button));
  else move(rowOf(button), lineUp !== undefined ? -1 : 1);
});

document.addEventListener(
  "keydown",
  (event) => {
    const row = rowOf(event.target);
    if (!row || !blockOf(row) || blockOf(row).hasAttribute("data-readonly")) return;
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey;
    if (event.altKey && plain && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      if (blockOf(row).hasAttribute("data-fixed-order")) return;
      move(row, event.key === "ArrowUp" ? -1 : 1);
    } else if (event.altKey && plain && event.key === "Delete") {
      if (row.querySelector("[data-line-remove]")) remove(row);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true, // before a combobox or a date field takes Alt+Down for itself
);

document.addEventListener("keydown", (event) => {
  const { target } = event;
  if (event.key !== "Enter" || event.defaultPrevented || event.altKey || event.ctrlKey || event.shiftKey) return;
  if (!target.matches("input:not([type=submit], [type=button]), select") || !rowOf(target) || !blockOf(target)) return;
  event.preventDefault();
  goDown(target);
});

// ---- dragging by the handle ----

let dragged = null;

function prepare(root) {
  for (const handle of root.querySelectorAll("[data-line-handle]")) handle.draggable = true;
}

document.addEventListener("htmx:after:process", (event) => event.target.querySelectorAll && prepare(event.target));

document.addEventListener("dragstart", (event) => {
  const handle = event.target.closest?.("[data-line-handle]");
  const row = handle && rowOf(handle);
  if (!row) return;
  dragged = { row, before: keysOf(blockOf(row)).join(" ") };
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", "");
  event.dataTransfer.setDragImage(row, 0, 0);
  row.classList.add("dragged");
});

document.addEventListener("dragover", (event) => {
  const over = dragged && rowOf(event.target);
  if (!over || over.parentNode !== dragged.row.parentNode) return;
  event.preventDefault();
  const { top, height } = over.getBoundingClientRect();
  if (over === dragged.row) return;
  if (event.clientY < top + height / 2) over.before(dragged.row);
  else over.after(dragged.row);
});

document.addEventListener("drop", (event) => dragged && event.preventDefault());

document.addEventListener("dragend", () => {
  if (!dragged) return;
  const { row, before } = dragged;
  dragged = null;
  row.classList.remove("dragged");
  const block = blockOf(row);
  if (keysOf(block).join(" ") !== before) changed(block);
});

// ---- kept input ----

/** Bring the rows to the order and number that `state` (see keep.js) was taken with; true when they differed. */
export function restore(form, state) {
  let differed = false;
  for (const block of form.querySelectorAll("[data-lines]")) {
    const kept = state.find(([name]) => name === `${nameOf(block)}-order`);
    if (!kept) continue;
    const keys = kept[1].split(" ").filter(Boolean);
    if (keys.join(" ") === keysOf(block).join(" ")) continue;
    differed = true;
    const present = new Map(rowsOf(block).map((row) => [row.dataset.row, row]));
    for (const row of present.values()) row.remove();
    for (const key of keys) {
      const row = present.get(key);
      if (row) bodyOf(block).append(row);
      else add(block, { key, quiet: true });
    }
    writeOrder(block);
  }
  return differed;
}
