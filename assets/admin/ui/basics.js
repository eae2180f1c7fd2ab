// Small parts that every page uses.
import { html, useState, useEffect, useRef } from "../html.js";
import { arrived } from "../focus_on_navigate.js";
import { Icon } from "./icon.js";
import { toast } from "./toast.js";

/** @param {{ icon?: string, kind?: string, busy?: boolean, children?: any, [attribute: string]: any }} props */
export const Button = ({ icon, kind = "", busy, children, ...rest }) => html`
  <button
    type="button"
    class=${`button ${kind}`}
    aria-busy=${busy ? "true" : undefined}
    disabled=${busy}
    ...${rest}
  >
    ${icon && html`<${Icon} name=${icon} />`}
    ${children && html`<span>${children}</span>`}
  </button>
`;

/** @param {{ kind?: string, children?: any }} props */
export const Badge = ({ kind = "", children }) => html`<span class=${`badge ${kind}`}>${children}</span>`;

/** @param {{ title?: any, aside?: any, children?: any, flush?: boolean, label?: string }} props */
export const Card = ({ title, aside, children, flush, label }) => html`
  <section class=${`card ${flush ? "flush" : ""}`} aria-label=${title || label}>
    ${(title || aside) && html`
      <header>
        <h2>${title}</h2>
        <div class="aside">${aside}</div>
      </header>
    `}
    <div class="body">${children}</div>
  </section>
`;

/** @param {{ title: any, lead?: any, actions?: any, back?: any }} props */
export const Head = ({ title, lead, actions, back }) => {
  const element = useRef(/** @type {any} */ (null));
  useEffect(() => {
    document.title = `${typeof title === "string" ? title : "Keyfob"} · Keyfob`;
  }, [title]);
  // After navigation, screen readers hear the title of the new page.
  useEffect(() => {
    if (arrived()) element.current.focus({ preventScroll: true });
  }, []);
  return html`
    <div class="head">
      <div>
        ${back}
        <h1 tabindex=${-1} id="page-title" ref=${element}>
          ${title}
        </h1>
        ${lead && html`<p class="soft">${lead}</p>`}
      </div>
      ${actions && html`<div class="actions">${actions}</div>`}
    </div>
  `;
};

/**
 * @param {{
 *   kind?: "info" | "good" | "warn" | "bad", icon?: string, title?: any, children?: any, role?: any
 * }} props
 */
export const Note = ({ kind = "info", icon, title, children, role }) => html`
  <div class=${`note ${kind}`} role=${role}>
    <${Icon}
      name=${
        icon || { bad: "circle-x", warn: "triangle-alert", good: "circle-check", info: "circle-alert" }[kind]
      }
    />
    <div>
      ${title && html`<b>${title}</b>`} ${children}
    </div>
  </div>
`;

/** @param {{ icon?: string, title: string, children?: any }} props */
export const Empty = ({ icon = "search", title, children }) => html`
  <div class="empty">
    <${Icon} name=${icon} size=${28} />
    <p>
      <b>${title}</b>
    </p>
    ${children && html`<div>${children}</div>`}
  </div>
`;

/** @param {{ lines?: number }} props */
export const Skeleton = ({ lines = 4 }) => html`
  <div class="skeleton" role="status" aria-label="Loading">
    ${Array.from({ length: lines }, () => html`
      <i />
    `)}
  </div>
`;

export async function copy(text, what = "Copied") {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // The clipboard API needs https or localhost; this works without.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "offscreen";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    if (!done) {
      toast("Could not copy. Select the text and copy it yourself.", { kind: "bad" });
      return false;
    }
  }
  toast(what);
  return true;
}

/** @param {{ text: string, label?: string, what?: string, kind?: string, onCopied?: () => void }} props */
export const CopyButton = ({ text, label = "Copy", what, kind = "small", onCopied }) => html`
  <${Button}
    icon="copy"
    kind=${kind}
    onClick=${async () => {
      if ((await copy(text, what)) && onCopied) onCopied();
    }}
  >
    ${label}
  <//>
`;

// A value with a copy button.
/** @param {{ label: string, text: string, mono?: boolean }} props */
export const CopyField = ({ label, text, mono = true }) => html`
  <div class="copyfield">
    <span class="label">${label}</span>
    <div class="box">
      <span class=${mono ? "clip mono" : "clip"} tabindex=${0}>
        ${text}
      </span>
      <button type="button" class="bare" aria-label=${`Copy ${label}`} onClick=${() => copy(text)}>
        <${Icon} name="copy" />
      </button>
    </div>
  </div>
`;

export const Id = ({ children }) => html`<code class="id">${children}</code>`;

// Times come as RFC 3339 or as Unix seconds. Pages show how long ago, with the full time as a title.
const date = (value) => (typeof value === "number" ? new Date(value * 1000) : new Date(value));
/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [
  ["year", 31536000],
  ["month", 2592000],
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
export function relative(value, now = Date.now()) {
  const seconds = Math.round((date(value).getTime() - now) / 1000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) || UNITS[5];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
}
/** @param {string | number} at */
export const absolute = (at) =>
  new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" }).format(date(at));
/** @param {{ at: string | number | null, full?: boolean }} props */
export const Time = ({ at, full }) => {
  if (at === null || at === undefined) return html`<span class="soft">–</span>`;
  const when = date(at);
  const text = absolute(at);
  return html`
    <time datetime=${when.toISOString()} title=${text}>
      ${full ? text : relative(at)}
    </time>
  `;
};

export const number = (n) => new Intl.NumberFormat("en").format(n);
/**
 * A number with its noun: "1 request", "2 requests".
 * @param {number} n
 * @param {string} one
 */
export const plural = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;

// Scrolls to the open tab where not all have room.
/** @param {{ tabs: { id: string, title: string }[], active: string, to: (id: string) => string }} props */
export const Tabs = ({ tabs, active, to }) => {
  const nav = useRef(/** @type {any} */ (null));
  useEffect(() => {
    const open = nav.current.querySelector("[aria-current]");
    if (open)
      nav.current.scrollLeft =
        open.offsetLeft - nav.current.offsetLeft - (nav.current.clientWidth - open.offsetWidth) / 2;
  }, [active]);
  return html`
    <nav class="tabs" aria-label="Sections" ref=${nav}>
      ${tabs.map((tab) => html`
        <a href=${to(tab.id)} aria-current=${tab.id === active ? "page" : undefined} key=${tab.id}>
          ${tab.title}
        </a>
      `)}
    </nav>
  `;
};

/**
 * Result of `useLoad`.
 * @template Data
 * @typedef {{
 *   data?: Data, error?: any, loading: boolean, reload: (other?: any) => Promise<void>,
 *   setData: (data: Data) => void
 * }} Loaded
 */

// Loads when `deps` change; returns { data, error, reload, setData }. Old data stays while new data is loaded, and
// when loading fails; `reload` can be given another function to load with, once.
/**
 * @template Data
 * @param {() => Data | Promise<Data>} load
 * @param {any[]} deps
 * @returns {Loaded<Data>}
 */
export function useLoad(load, deps) {
  const [state, setState] = useState(
    /** @type {{ data?: any, error?: any, loading: boolean }} */ ({ loading: true }),
  );
  const turn = useRef(0);
  const run = async (/** @type {any} */ other = undefined) => {
    const mine = ++turn.current;
    setState((before) => ({ ...before, loading: true }));
    try {
      const data = await (typeof other === "function" ? other : load)();
      if (mine === turn.current) setState({ data, loading: false });
    } catch (error) {
      if (mine === turn.current)
        setState((before) => ({ data: error.status === 404 ? undefined : before.data, error, loading: false }));
    }
  };
  useEffect(() => {
    run();
    return () => {
      turn.current++;
    };
  }, deps);
  return { ...state, reload: run, setData: (data) => setState({ data, loading: false }) };
}

// Placeholder or error of a page until its data is loaded.
/** @param {{ state: Loaded<any>, lines?: number, children?: (data: any) => any }} props */
export const Loading = ({ state, lines, children }) => {
  const failed = state.error && html`
    <${Note} kind="bad" role="alert" title=${state.data ? "This may be out of date." : "Could not load this."}>
      ${state.error.message}${" "}
      <button type="button" class="link" onClick=${state.reload}>
        Try again
      </button>
    <//>
  `;
  if (!state.data) return failed || html`<${Skeleton} lines=${lines} />`;
  return html`
    ${failed}
    ${children?.(state.data)}
  `;
};
