// Search (Ctrl-K) for pages and objects. A text that looks like a token is handed to the inspector and never sent as a
// query: URLs are logged.
import { html, useState, useEffect, useRef } from "../html.js";
import { api } from "../api.js";
import { ROUTES } from "../routes.js";
import { href, navigate } from "../router.js";
import { hand } from "../token_handoff.js";
import { Icon } from "./icon.js";

const PAGES = ROUTES.filter((route) => !route.path.includes(":")).map((route) => ({
  title: route.title,
  to: href(route.path),
  icon: route.icon || "plus",
  kind: "page",
}));

/** @typedef {{ title: string, about?: string, to: string, icon: string, kind: string, before?: () => void }} Entry */

// Searched lists: [path, kind, icon, item → entry].
/** @type {[string, string, string, (item: any) => { title: string, about?: string, to: string }][]} */
const SOURCES = [
  [
    "/clients",
    "client",
    "app-window",
    (client) => ({
      title: client.client_name || client.client_id,
      about: client.client_id,
      to: href(`clients/${encodeURIComponent(client.client_id)}`),
    }),
  ],
  [
    "/users",
    "user",
    "users",
    (user) => ({ title: user.username, about: user.email, to: href(`users/${encodeURIComponent(user.sub)}`) }),
  ],
  [
    "/teams",
    "team",
    "boxes",
    (team) => ({ title: team.name, about: team.id, to: href(`teams/${encodeURIComponent(team.id)}`) }),
  ],
  [
    "/resources",
    "API",
    "link",
    (api) => ({ title: api.name, about: api.uri, to: href(`resources/${encodeURIComponent(api.uri)}`) }),
  ],
];

// The `Bearer` of a copied header is removed.
const TOKEN = /(?:^|[\s:"'])([\w.~-]{40,})(?=$|[\s"',])/;
const isToken = (text) => TOKEN.test(text);
const isReference = (text) => /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text);

// Actions for the text itself.
function meant(text) {
  if (isToken(text))
    return [
      {
        title: "Inspect this token",
        to: href("inspector"),
        icon: "fingerprint",
        kind: "token",
        before: () => hand(TOKEN.exec(text)?.[1]),
      },
    ];
  if (isReference(text))
    return [{ title: "Open this trace", to: href(`traces/${text}`), icon: "activity", kind: "trace" }];
  return text.length < 3
    ? []
    : [
        {
          title: `Search traces for “${text}”`,
          to: href("traces", { q: text }),
          icon: "activity",
          kind: "search",
        },
      ];
}

export const Palette = ({ onClose }) => {
  const [text, setText] = useState("");
  const [found, setFound] = useState(/** @type {Entry[]} */ ([]));
  const [at, setAt] = useState(0);
  const element = useRef(/** @type {any} */ (null));
  useEffect(() => {
    element.current.showModal();
  }, []);
  useEffect(() => {
    if (text.trim().length < 2 || isToken(text.trim())) {
      setFound([]);
      return undefined;
    }
    let gone = false;
    const timer = setTimeout(async () => {
      const lists = await Promise.all(
        SOURCES.map(async ([path, kind, icon, entry]) => {
          try {
            return (await api.get(path, { q: text.trim(), limit: 5 })).items.map((item) => ({
              kind,
              icon,
              ...entry(item),
            }));
          } catch {
            return [];
          }
        }),
      );
      if (!gone) setFound(lists.flat());
    }, 120);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [text]);
  const wanted = text.trim().toLowerCase();
  const pages = PAGES.filter((page) => page.title.toLowerCase().includes(wanted));
  /** @type {Entry[]} */
  const entries = [...[...pages, ...found].slice(0, 16), ...meant(text.trim())];
  const chosen = Math.min(at, entries.length - 1);
  const go = (entry) => {
    onClose();
    if (entry.before) entry.before();
    navigate(entry.to);
  };
  const press = (event) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      setAt(Math.min(chosen + 1, entries.length - 1));
    }
    if (event.key === "ArrowUp") {
      event.preventDefault();
      setAt(Math.max(chosen - 1, 0));
    }
    if (event.key === "Enter" && entries[chosen]) {
      event.preventDefault();
      go(entries[chosen]);
    }
  };
  return html`
    <dialog
      ref=${element}
      class="palette"
      aria-label="Search"
      onClose=${onClose}
      onClick=${(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      <div class="search">
        <${Icon} name="search" />
        <input
          autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant=${entries[chosen] ? `palette-${chosen}` : undefined}
          aria-label="Search pages, clients, users, teams and APIs, or paste a token or trace ID"
          placeholder="Search, or paste a token, error or trace ID"
          value=${text}
          onKeyDown=${press}
          onInput=${(event) => {
            setText(event.currentTarget.value);
            setFound([]);
            setAt(0);
          }}
        />
      </div>
      <ul id="palette-list" role="listbox" aria-label="Results">
        ${entries.map((entry, i) => html`
          <li
            id=${`palette-${i}`}
            role="option"
            aria-selected=${i === chosen ? "true" : "false"}
            key=${entry.to}
            onClick=${() => go(entry)}
            onMouseMove=${() => setAt(i)}
          >
            <${Icon} name=${entry.icon} />
            <span>${entry.title}</span>
            ${entry.about && html`<small>${entry.about}</small>`}
            <small class="kind">${entry.kind}</small>
          </li>
        `)}
      </ul>
      ${entries.length === 0 && html`
        <p class="soft none" role="status">
          No results.
        </p>
      `}
    </dialog>
  `;
};
