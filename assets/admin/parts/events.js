// The audit log: filtered by the URL and by the page, or live.
import { html, useEffect, useState } from "../html.js";
import { api, sentence } from "../api.js";
import { setQuery, useLocation } from "../router.js";
import { Badge, Button, Empty, Icon, Id, Link, Note, Time } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { Named } from "../ui/table.js";
import { options, useChoices } from "./choices.js";
import { OUTCOMES, labelOf } from "../labels.js";

const TYPED = [
  ["actor", "Actor"],
  ["subject", "Subject"],
  ["client_id", "Client"],
];
// Most events that live view shows.
const MOST = 500;

export const EventList = ({ fixed = {} }) => {
  const { query } = useLocation();
  const choices = useChoices();
  const names = ["event", "outcome", ...TYPED.map(([name]) => name), "since", "until"];
  const asked = Object.fromEntries(
    [...names.map((name) => [name, query[name]]), ...Object.entries(fixed)].filter(([, value]) => value),
  );
  const live = useLive(asked);
  const file = (format) => [format.toUpperCase(), "/events/export", format];
  return html`
    ${Object.keys(fixed).length === 0 && html`<${SavedFilters} query=${asked} />`}
    ${live.note && html`
      <${Note} kind="warn" role="status">
        ${live.note}
      <//>
    `}
    <${List}
      path=${`/events?${new URLSearchParams(fixed)}`}
      order="-created"
      search=${null}
      label="Events"
      version=${live.version}
      first=${live.items}
      keyOf=${(event) => event.id}
      filters=${[
        { name: "event", label: "Type", options: options(choices.event_kinds) },
        {
          name: "outcome",
          label: "Outcome",
          options: options(choices.event_outcomes, OUTCOMES),
        },
        ...TYPED.filter(([name]) => !fixed[name]).map(([name, label]) => ({ name, label })),
        { name: "since", label: "From", type: "time" },
        { name: "until", label: "Until", type: "time" },
      ]}
      extra=${html`
        <${Button}
          kind="small"
          icon=${live.on ? "pause" : "play"}
          aria-pressed=${live.on ? "true" : "false"}
          onClick=${live.toggle}
        >
          ${live.on ? "Pause" : "Live"}
        <//>
      `}
      files=${["json", "jsonl", "csv"].map(file)}
      columns=${[
        { title: "Time", sort: "-created", kind: "fit", cell: (event) => html`<${Time} at=${event.at} />` },
        {
          title: "Event",
          kind: "name",
          cell: (event) => html`
            <${Named}
              badges=${html`
                <${Badge} kind=${event.outcome === "ok" ? "good" : "bad"}>
                  ${labelOf(OUTCOMES, event.outcome)}
                <//>
              `}
            >
              <b>${event.event}</b>
            <//>
            ${event.reason && html`<small>${sentence(event.reason)}</small>`}
            ${event.detail?.trace_id && html`
              <br />
              <small>
                <${Link} to=${`traces/${event.detail.trace_id}`}>View trace<//>
              </small>
            `}
            ${event.detail && html`
              <details>
                <summary>
                  <small>Details</small>
                </summary>
                <dl class="detail">
                  ${Object.entries(event.detail).map(([name, value]) => html`
                    <div key=${name} class="clip">
                      <dt>${name}</dt>
                      <dd>
                        <code>${typeof value === "string" ? value : JSON.stringify(value)}</code>
                      </dd>
                    </div>
                  `)}
                </dl>
              </details>
            `}
          `,
        },
        {
          title: "Actor",
          cell: (event) =>
            event.actor && html`<${FilterLink} name="actor" value=${event.actor} text=${event.actor_name} />`,
        },
        {
          title: "Subject",
          cell: (event) =>
            event.subject && html`<${FilterLink} name="subject" value=${event.subject} text=${event.subject_name} />`,
        },
        {
          title: "Client",
          cell: (event) =>
            event.client_id && html`
              <${FilterLink} name="client_id" value=${event.client_id} text=${event.client_name} />
            `,
        },
        { title: "IP address", minor: true, kind: "fit", cell: (event) => event.address },
      ]}
      empty=${html`<${Empty} icon="scroll-text" title="No events yet" />`}
    />
  `;
};

// Link that filters by this value: its name, with the ID as a title.
const FilterLink = ({ name, value, text }) => html`
  <${Link} to="events" query=${{ [name]: value }} title=${text ? value : "Filter by this value"}>
    ${text || html`<${Id}>${value}<//>`}
  <//>
`;

// New events, while live view is on. The browser reconnects by itself when the connection breaks.
function useLive(asked) {
  const [on, setOn] = useState(false);
  const [items, setItems] = useState(/** @type {Record<string, any>[]} */ ([]));
  const [version, setVersion] = useState(0);
  const [note, setNote] = useState(/** @type {string | null} */ (null));
  const key = JSON.stringify(asked);
  useEffect(() => {
    setItems([]);
    if (!on) return undefined;
    const source = new EventSource(api.href("/events/stream", JSON.parse(key)));
    setVersion((n) => n + 1);
    source.onmessage = (message) =>
      setItems((before) => {
        const event = JSON.parse(message.data);
        return before.some((one) => one.id === event.id) ? before : [event, ...before].slice(0, MOST);
      });
    source.addEventListener("gap", () =>
      setNote("Too many events to show live, so some are missing. Pause to see all of them."),
    );
    source.addEventListener("end", () => {
      source.close();
      setOn(false);
      setNote("Live view stopped. If you were signed out, sign in again.");
    });
    // The browser reconnects a broken connection by itself, but not one that was denied.
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      setOn(false);
      setNote(
        "Live view stopped: the server is not responding, or you were signed out. Select Live to reconnect.",
      );
    };
    return () => source.close();
  }, [on, key]);
  const toggle = () => {
    setNote(null);
    if (on) setVersion((n) => n + 1);
    else setQuery({ sort: "" });
    setOn(!on);
  };
  return { on, items, version, note, toggle };
}

// Named filters, stored in this browser: only the filter, never events or tokens. Without storage they are gone with
// the page.
const PLACE = "keyfob.filters.events";
const SavedFilters = ({ query }) => {
  const [all, setAll] = useState(() => {
    try {
      return JSON.parse(localStorage.getItem(PLACE) ?? "[]");
    } catch {
      return [];
    }
  });
  const [naming, setNaming] = useState(false);
  const keep = (next) => {
    setAll(next);
    setNaming(false);
    try {
      localStorage.setItem(PLACE, JSON.stringify(next));
    } catch {
      /* Kept only while the page is open. */
    }
  };
  const isAny = Object.values(query).some(Boolean);
  const save = (event) => {
    event.preventDefault();
    const name = event.target.elements.called.value.trim();
    if (name) keep([...all.filter((one) => one.name !== name), { name, query }]);
  };
  return (
    (isAny || all.length > 0) && html`
      <div class="saved">
        ${all.length > 0 && html`
          <ul aria-label="Saved filters">
            ${all.map((one) => html`
              <li key=${one.name}>
                <${Link} to="events" query=${one.query}>
                  ${one.name}
                <//>
                <button
                  type="button"
                  class="bare"
                  aria-label=${`Delete saved filter ${one.name}`}
                  onClick=${() => keep(all.filter((other) => other !== one))}
                >
                  <${Icon} name="x" size=${14} />
                </button>
              </li>
            `)}
          </ul>
        `}
        ${isAny &&
          (naming ? html`
            <form onSubmit=${save}>
              <label>
                <span class="offscreen">Filter name</span>
                <input
                  name="called"
                  placeholder="Name"
                  maxlength=${60}
                  required
                  autocomplete="off"
                  ref=${(field) => field?.focus()}
                />
              </label>
              <button type="submit" class="button small">
                Save
              </button>
            </form>
          ` : html`
            <${Button} kind="small" onClick=${() => setNaming(true)}>
              Save filter
            <//>
          `)}
      </div>
    `
  );
};
