// Light, dark or as the system says. A script of its own that blocks in <head>, so that no page flashes.

const KEY = "kontor:theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function choice() {
  try {
    return localStorage.getItem(KEY) ?? "auto";
  } catch {
    return "auto"; // storage may be forbidden
  }
}

function show() {
  const chosen = choice();
  document.documentElement.dataset.bsTheme = chosen === "auto" ? (system.matches ? "dark" : "light") : chosen;
  for (const control of document.querySelectorAll("[data-theme-choice]")) {
    control.setAttribute("aria-pressed", String(control.dataset.themeChoice === chosen));
  }
}

show();
system.addEventListener("change", show);
document.addEventListener("DOMContentLoaded", show);
addEventListener("storage", (event) => event.key === KEY && show());
document.addEventListener("click", (event) => {
  const control = event.target.closest?.("[data-theme-choice]");
  if (!control) return;
  try {
    localStorage.setItem(KEY, control.dataset.themeChoice);
  } catch {
    document.documentElement.dataset.bsTheme = control.dataset.themeChoice;
    return;
  }
  show();
});
