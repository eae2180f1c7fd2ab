// Ctrl-K: pages, and whatever the server finds under a text.
import { html, useState, useEffect, useRef } from "../html.js";
import { api } from "../api.js";
import { ROUTES } from "../routes.js";
import { href, navigate } from "../router.js";
import { Icon } from "./icon.js";

const PAGES = ROUTES.filter((route) => !route.path.includes(":")).map((route) => ({ title: route.title, to: href(route.path), icon: route.icon || "plus", kind: "page" }));

// Where things are looked for: [address, kind, icon, item → entry].
const SOURCES = [
  ["/clients", "client", "app-window", (client) => ({ title: client.client_name || client.client_id, about: client.client_id, to: href(`clients/${encodeURIComponent(client.client_id)}`) })],
  ["/users", "user", "users", (user) => ({ title: user.username, about: user.email, to: href(`users/${encodeURIComponent(user.sub)}`) })],
];

export const Palette = ({ onClose }) => {
  const [text, setText] = useState("");
  const [found, setFound] = useState([]);
  const [at, setAt] = useState(0);
  const element = useRef();
  useEffect(() => { element.current.showModal(); }, []);
  useEffect(() => {
    if (text.trim().length < 2) { setFound([]); return undefined; }
    let gone = false;
    const timer = setTimeout(async () => {
      const lists = await Promise.all(SOURCES.map(async ([path, kind, icon, entry]) => {
        try { return (await api.get(path, { q: text, limit: 5 })).items.map((item) => ({ kind, icon, ...entry(item) })); } catch { return []; }
      }));
      if (!gone) setFound(lists.flat());
    }, 120);
    return () => { gone = true; clearTimeout(timer); };
  }, [text]);
  const wanted = text.trim().toLowerCase();
  const entries = [...PAGES.filter((page) => page.title.toLowerCase().includes(wanted)), ...found].slice(0, 12);
  const chosen = Math.min(at, entries.length - 1);
  const go = (entry) => { onClose(); navigate(entry.to); };
  const press = (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); setAt(Math.min(chosen + 1, entries.length - 1)); }
    if (event.key === "ArrowUp") { event.preventDefault(); setAt(Math.max(chosen - 1, 0)); }
    if (event.key === "Enter" && entries[chosen]) { event.preventDefault(); go(entries[chosen]); }
  };
  return html`<dialog ref=${element} class="palette" aria-label="Search" onClose=${onClose}
      onClick=${(event) => { if (event.target === element.current) onClose(); }}>
    <div class="search"><${Icon} name="search" /><input autofocus role="combobox" aria-expanded="true" aria-controls="palette-list"
      aria-activedescendant=${entries[chosen] ? `palette-${chosen}` : null} aria-label="Search pages, clients and users"
      placeholder="Search pages, clients, users…" value=${text} onKeyDown=${press}
      onInput=${(event) => { setText(event.target.value); setAt(0); }} /></div>
    <ul id="palette-list" role="listbox" aria-label="Results">${entries.map((entry, i) => html`
      <li id=${`palette-${i}`} role="option" aria-selected=${i === chosen ? "true" : "false"} key=${entry.to}
        onClick=${() => go(entry)} onMouseMove=${() => setAt(i)}>
        <${Icon} name=${entry.icon} /><span>${entry.title}</span>${entry.about && html`<small>${entry.about}</small>`}<small class="kind">${entry.kind}</small></li>`)}</ul>
    ${entries.length === 0 && html`<p class="soft none" role="status">Nothing found.</p>`}
  </dialog>`;
};
