import htmx from 'htmx.org';
import './shared/display.js';
import './shared/toasts.js';
import './shared/forms.js';
import './shared/requests.js';
import './phone/pay.js';
import './shared/codes.js';

window.htmx = htmx;
