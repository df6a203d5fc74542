// Texts for users. The page carries translations of what core/web/assets.py lists, in
// <script type="application/json" id="kontor-texts">; a text without one stays English.

const carried = document.getElementById("kontor-texts");
const translations = carried ? JSON.parse(carried.textContent) : {};

/** The reader's wording of `text`, with {name} replaced from `values`. */
export function t(text, values = {}) {
  return (translations[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
