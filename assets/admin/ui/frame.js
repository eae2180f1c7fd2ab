// Frame of every page: side bar, top bar, banner of development mode, search and shortcuts.
import { html, useState, useEffect, useRef } from "../html.js";
import { api } from "../api.js";
import { ROUTES, GROUPS } from "../routes.js";
import { href, navigate } from "../router.js";
import { Icon } from "./icon.js";
import { Lazy } from "./lazy.js";
import { toast } from "./toast.js";
import { singleKeys } from "../single_keys.js";

const pages = ROUTES.filter((route) => route.icon);

export const Frame = ({ session, route, children }) => {
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  useShortcuts({ palette: () => setPalette(true), help: () => setHelp(true) });
  const active = route && (route.under || route.path.split("/")[0]);
  return html`
    <a class="skip" href="#page-title">
      Skip to content
    </a>
    ${session.dev && html`
      <div class="devline">
        Development mode: relaxed security, this machine only. Demo users sign in with one click.
      </div>
    `}
    <div class="frame">
      <aside class="side" id="side" popover>
        <p class="brand">
          <${Icon} name="fingerprint" size=${22} /> <b>Keyfob</b>
          ${session.server_name && html`<small>${session.server_name}</small>`}
        </p>
        <nav aria-label="Main">
          ${GROUPS.filter((group) => pages.some((page) => (page.group || "") === group)).map((group) => html`
            ${group && html`
              <p class="group" id=${`group-${group}`}>
                ${group}
              </p>
            `}
            <ul aria-labelledby=${group ? `group-${group}` : undefined}>
              ${pages
                .filter((page) => (page.group || "") === group)
                .map((page) => html`
                  <li key=${page.path}>
                    <a
                      href=${href(page.path)}
                      aria-current=${page.path === active ? "page" : undefined}
                      onClick=${closeDrawer}
                    >
                      <${Icon} name=${page.icon} />
                      <span>${page.title}</span>
                    </a>
                  </li>
                `)}
            </ul>
          `)}
        </nav>
      </aside>
      <div class="main">
        <header class="top">
          <button type="button" class="bare drawer" popovertarget="side" aria-label="Open navigation">
            <${Icon} name="menu" size=${22} />
          </button>
          <button type="button" class="find" aria-label="Search… Ctrl K" onClick=${() => setPalette(true)}>
            <${Icon} name="search" />
            <span>Search…</span>
            <kbd>Ctrl K</kbd>
          </button>
          <span class="grow" />
          <span
            class=${`badge issuer ${session.issuer_matches ? "good" : "bad"}`}
            title=${
              session.issuer_matches
                ? "The URL of this page matches the issuer."
                : "You opened this page at a different URL than the issuer. Clients must use the issuer URL."
            }
          >
            Issuer: ${session.issuer}
          </span>
          <${Theme} />
          <${Account} session=${session} />
        </header>
        <main id="page">${children}</main>
      </div>
    </div>
    ${palette && html`<${Lazy} load=${loadPalette} onClose=${() => setPalette(false)} />`}
    ${help && html`<${Lazy} load=${loadHelp} onClose=${() => setHelp(false)} />`}
  `;
};

const loadPalette = async () => (await import("./palette.js")).Palette;
const loadHelp = async () => (await import("./help.js")).Help;

const closeDrawer = () => {
  const side = document.getElementById("side");
  if (side?.matches(":popover-open")) side.hidePopover();
};

const Account = ({ session }) => {
  const menu = useRef(/** @type {any} */ (null));
  const signOut = async () => {
    try {
      await api.delete("/session");
      location.assign(href(""));
    } catch (problem) {
      toast(problem.message, { kind: "bad" });
    }
  };
  useEffect(() => {
    const away = (event) => {
      if (!menu.current.contains(event.target)) menu.current.open = false;
    };
    addEventListener("click", away);
    return () => removeEventListener("click", away);
  }, []);
  const closeOnEscape = (event) => {
    if (event.key !== "Escape" || !menu.current.open) return;
    menu.current.open = false;
    menu.current.querySelector("summary").focus();
  };
  return html`
    <details class="menu" ref=${menu} onKeyDown=${closeOnEscape}>
      <summary class="button" aria-label=${`Account: ${session.admin.username}`}>
        <${Icon} name="users" />
        <span>${session.admin.username}</span>
      </summary>
      <div class="panel">
        <p>
          <b>${session.admin.name}</b>
        </p>
        <a class="item" href="/account">
          <${Icon} name="user-check" /> Your account
        </a>
        <button type="button" class="item" onClick=${signOut}>
          <${Icon} name="log-out" /> Sign out
        </button>
      </div>
    </details>
  `;
};

const THEMES = [
  ["", "monitor", "system"],
  ["light", "sun", "light"],
  ["dark", "moon", "dark"],
];

// Stored in a cookie, so that the server renders the page in the chosen theme at once.
const Theme = () => {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme || "");
  const at = THEMES.findIndex(([name]) => name === theme);
  const [, icon, text] = THEMES[at];
  const next = () => {
    const [name] = THEMES[(at + 1) % THEMES.length];
    if (name) document.documentElement.dataset.theme = name;
    else delete document.documentElement.dataset.theme;
    // biome-ignore lint/suspicious/noDocumentCookie: few browsers have another way.
    document.cookie = `keyfob_theme=${name}; path=/; max-age=${name ? 31536000 : 0}; samesite=lax`;
    setTheme(name);
  };
  return html`
    <button type="button" class="bare" onClick=${next} aria-label=${`Theme: ${text}. Change theme`}>
      <${Icon} name=${icon} size=${20} />
    </button>
  `;
};

function useShortcuts({ palette, help }) {
  useEffect(() => {
    let going = false;
    const press = (event) => {
      // No shortcuts while a dialog is open.
      if (document.querySelector("dialog[open]")) return;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        palette();
        return;
      }
      const typing = event.target.closest("input, textarea, select, dialog, [contenteditable]");
      if (typing || event.ctrlKey || event.metaKey || event.altKey || !singleKeys.on()) return;
      if (going) {
        going = false;
        const page = pages.find((one) => one.key === event.key);
        if (page) {
          event.preventDefault();
          navigate(href(page.path));
        }
        return;
      }
      if (event.key === "g") {
        going = true;
        setTimeout(() => {
          going = false;
        }, 1500);
      } else if (event.key === "?") help();
      else if (event.key === "/") {
        const search = /** @type {HTMLElement | null} */ (document.querySelector("[data-search]"));
        if (search) {
          event.preventDefault();
          search.focus();
        }
      } else if (event.key === "n") {
        const make = /** @type {HTMLElement | null} */ (document.querySelector("[data-new]"));
        if (make) {
          event.preventDefault();
          make.click();
        }
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
