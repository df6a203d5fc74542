// The one script of every generated page. docs/frontend.md states the hooks that templates and server share with it.

import "bootstrap/js/src/collapse.js";
import "bootstrap/js/src/dropdown.js";
import "bootstrap/js/src/modal.js";
import "bootstrap/js/src/offcanvas.js";
import "bootstrap/js/src/tab.js";

import "./requests.js";
import "./form.js";
import "./lookup.js";
import "./list.js";
