// htmx, configured once. Nothing of it evaluates strings: the Content-Security-Policy forbids it.

import htmx from "htmx.org/dist/htmx.esm.js";

htmx.config.defaultTimeout = 60000;
htmx.config.history = "reload";

export default htmx;
