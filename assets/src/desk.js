import 'bootstrap/js/dist/dropdown.js';
import 'bootstrap/js/dist/modal.js';
import htmx from 'htmx.org';
import './shared/display.js';
import './shared/toasts.js';
import './shared/forms.js';
import './shared/requests.js';
import './shared/codes.js';
import './desk/drawers.js';
import './desk/tables.js';
import './desk/columns.js';
import './desk/trees.js';
import './desk/treemoves.js';
import './desk/dialogs.js';
import './desk/keys.js';

window.htmx = htmx;
