// URLs below /admin: shareable, with filters in the query string.
import { html, useState, useEffect } from "./html.js";
import { arrive } from "./focus_on_navigate.js";

const ROOT = "/admin";
const listeners = new Set();
// Guard of a page with unsaved changes.
const guards = new Set();

// `ask(to)` returns whether to leave. Returns a function that removes the guard.
export function guard(ask) {
  guards.add(ask);
  return () => guards.delete(ask);
}

export function href(path, query) {
  const search = new URLSearchParams(Object.entries(query || {}).filter(([, value]) => value));
  const text = search.toString();
  return (path ? `${ROOT}/${path}` : ROOT) + (text ? `?${text}` : "");
}

const mayLeave = (to) => [...guards].every((ask) => ask(to));
// URL in the address bar, to restore when the guard stops a use of the browser's buttons.
let shown = location.href;

function tell() {
  shown = location.href;
  for (const listener of listeners) listener();
}

export function navigate(to, { replace = false, force = false } = {}) {
  if (!force && !mayLeave(to)) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  arrive();
  tell();
}

addEventListener("popstate", () => {
  if (location.href !== shown && !mayLeave(location.href)) {
    history.pushState(null, "", shown);
    return;
  }
  arrive();
  tell();
});

// Real links: a new tab, a copied URL and the middle button work.
addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (
    !(link instanceof HTMLAnchorElement) ||
    event.defaultPrevented ||
    event.button !== 0 ||
    event.metaKey ||
    event.ctrlKey ||
    event.shiftKey
  )
    return;
  if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.hash && link.pathname + link.search === location.pathname + location.search) return;
  const { pathname } = link;
  if ((pathname !== ROOT && !pathname.startsWith(`${ROOT}/`)) || pathname.startsWith(`${ROOT}/api/`)) return;
  event.preventDefault();
  navigate(link.pathname + link.search);
});

/** The path below /admin, and the query. */
export function current() {
  const path = location.pathname.replace(/^\/admin\/?/, "").replace(/\/$/, "");
  return { path, query: Object.fromEntries(new URLSearchParams(location.search)) };
}

export function useLocation() {
  const [, redraw] = useState(0);
  useEffect(() => {
    const listener = () => redraw((n) => n + 1);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  return current();
}

// Writes filters to the URL without a new entry in the history.
export function setQuery(changes) {
  const query = { ...Object.fromEntries(new URLSearchParams(location.search)), ...changes };
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
  history.replaceState(null, "", location.pathname + (search ? `?${search}` : ""));
  tell();
}

/** @param {{ to: string, query?: any, children?: any, [attribute: string]: any }} props */
export const Link = ({ to, query, children, ...rest }) => html`
  <a href=${href(to, query)} ...${rest}>
    ${children}
  </a>
`;
