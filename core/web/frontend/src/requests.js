// What holds for every htmx request: an ended session, a lost connection and a failing server never replace a page.

import { notice, withdraw } from "./notices.js";
import { t } from "./texts.js";

/** Set while the page is left on purpose, so that nobody is asked about unsaved input that is kept anyway. */
export const leaving = { now: false };

document.addEventListener("htmx:after:request", (event) => {
  const { status } = event.detail.ctx.response;
  withdraw("offline");
  if (status === 401) askToLogIn();
  else if (status >= 500) {
    notice({ id: "server", kind: "danger", text: t("The server could not do this. What you typed is kept; try again.") });
  } else withdraw("server");
});

// An error page is for whoever opens it as a page. Partials are meant for this one.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx, tasks } = event.detail;
  const status = ctx.response?.status;
  if (status !== 401 && !(status >= 500)) return;
  for (let at = tasks.length - 1; at >= 0; at--) if (tasks[at].type === "main") tasks.splice(at, 1);
});

document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx) sayOffline();
});

export function sayOffline() {
  notice({ id: "offline", kind: "warning", text: t("No connection to the server. What you typed is kept here.") });
}

function askToLogIn() {
  const page = document.body.dataset.loginUrl ?? "/login";
  const here = encodeURIComponent(location.pathname + location.search);
  const leave = () => (leaving.now = true);
  notice({
    id: "session",
    kind: "warning",
    text: t("Your session has ended. What you typed is kept until you have logged in again."),
    actions: [{ label: t("Log in"), href: `${page}?next=${here}`, run: leave }],
  });
}
