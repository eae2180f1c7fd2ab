// The audit log, filtered by the address and by what the page fixes.
import { html } from "../html.js";
import { api } from "../api.js";
import { useLocation } from "../router.js";
import { Badge, Empty, Icon, Id, Time } from "../ui/kit.js";
import { List } from "../ui/list.js";

const KINDS = ["token", "grant", "delegation", "principal", "login", "logout", "consent", "client", "user", "team", "scope", "key", "session", "admin", "setup", "registration", "device"];

export const EventList = ({ fixed = {} }) => {
  const { query } = useLocation();
  const asked = { ...query, ...fixed };
  const path = `/events?${new URLSearchParams(fixed)}`;
  const download = (format) => html`<a class="button small" download href=${api.href("/events/export", { ...asked, format })}><${Icon} name="download" size=${16} /><span>${format.toUpperCase()}</span></a>`;
  return html`<${List} path=${path} search=${null} label="Events" keyOf=${(event) => event.id}
    filters=${[
      { name: "event", label: "Kind", options: KINDS.map((kind) => [kind, kind]) },
      { name: "outcome", label: "Outcome", options: [["ok", "ok"], ["refused", "refused"]] },
    ]}
    extra=${html`${download("jsonl")}${download("csv")}`}
    columns=${[
      { title: "When", class: "tight", cell: (event) => html`<${Time} at=${event.at} />` },
      { title: "What", cell: (event) => html`<b>${event.event}</b> <${Badge} kind=${event.outcome === "ok" ? "good" : "bad"}>${event.outcome}<//>${event.reason && html`<br /><small>${event.reason}</small>`}
        ${event.detail && html`<details><summary><small>Detail</small></summary><code>${JSON.stringify(event.detail)}</code></details>`}` },
      { title: "Who", cell: (event) => event.actor && html`<${Id}>${event.actor}<//>` },
      { title: "For whom", cell: (event) => event.subject && html`<${Id}>${event.subject}<//>` },
      { title: "Client", cell: (event) => event.client_id && html`<${Id}>${event.client_id}<//>` },
      { title: "From", class: "tight", cell: (event) => event.address },
    ]}
    empty=${html`<${Empty} icon="scroll-text" title="Nothing has happened yet" />`} />`;
};
