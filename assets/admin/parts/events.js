// The audit log, filtered by the address and by what the page fixes, and as it is written.
import { html, useEffect, useState } from "../html.js";
import { api } from "../api.js";
import { setQuery, useLocation } from "../router.js";
import { Badge, Button, Empty, Icon, Id, Link$, Note, Time } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { Named } from "../ui/table.js";
import { options, useChoices } from "./choices.js";

const TYPED = [
  ["actor", "Who"],
  ["subject", "For whom"],
  ["client_id", "Client"],
];
// Rows that are kept of those that came while somebody looked.
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
        { name: "event", label: "Kind", options: options(choices.event_kinds) },
        {
          name: "outcome",
          label: "Outcome",
          options: options(choices.event_outcomes),
        },
        ...TYPED.filter(([name]) => !fixed[name]).map(([name, label]) => ({ name, label })),
        ...[
          ["since", "From (Unix seconds)"],
          ["until", "Before (Unix seconds)"],
        ]
          .filter(([name]) => query[name])
          .map(([name, label]) => ({ name, label })),
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
        { title: "When", sort: "-created", kind: "fit", cell: (event) => html`<${Time} at=${event.at} />` },
        {
          title: "What",
          kind: "name",
          cell: (event) => html`
            <${Named} badges=${html`<${Badge} kind=${event.outcome === "ok" ? "good" : "bad"}>${event.outcome}<//>`}>
              <b>${event.event}</b>
            <//>
            ${event.reason && html`<small>${event.reason}</small>`}
            ${event.detail?.flow_id && html`
              <small>
                <${Link$} to=${`flows/${event.detail.flow_id}`}>See why<//>
              </small>
            `}
            ${event.detail && html`
              <details>
                <summary>
                  <small>Detail</small>
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
          title: "Who",
          cell: (event) => event.actor && html`<${Only} name="actor" value=${event.actor} text=${event.actor_name} />`,
        },
        {
          title: "For whom",
          cell: (event) =>
            event.subject && html`<${Only} name="subject" value=${event.subject} text=${event.subject_name} />`,
        },
        {
          title: "Client",
          cell: (event) =>
            event.client_id && html`<${Only} name="client_id" value=${event.client_id} text=${event.client_name} />`,
        },
        { title: "From", minor: true, kind: "fit", cell: (event) => event.address },
      ]}
      empty=${html`<${Empty} icon="scroll-text" title="Nothing has happened yet" />`}
    />
  `;
};

// A click leaves the events of this one only. A name of its own has the id beside it, for whoever points at it.
const Only = ({ name, value, text }) => html`
  <${Link$} to="events" query=${{ [name]: value }} title=${text ? value : "Only these events"}>
    ${text || html`<${Id}>${value}<//>`}
  <//>
`;

// What is written from now on, while it is on. The browser itself connects anew when the line breaks.
function useLive(asked) {
  const [on, setOn] = useState(false);
  const [items, setItems] = useState([]);
  const [version, setVersion] = useState(0);
  const [note, setNote] = useState(null);
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
      setNote("More came than could be shown here: some are left out. The list has them all."),
    );
    source.addEventListener("end", () => {
      source.close();
      setOn(false);
      setNote("The live view has ended. Sign in again if you were signed out.");
    });
    // A broken line is mended by the browser itself; a refusal is not.
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      setOn(false);
      setNote(
        "The live view has ended: the server does not answer, or you are signed out. Switch it on again.",
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

// Filters under a name, kept in this browser alone: what is asked for, never an answer and never a token. A browser
// that keeps nothing forgets them with the page.
const PLACE = "keyfob.filters.events";
const SavedFilters = ({ query }) => {
  const [all, setAll] = useState(() => {
    try {
      return JSON.parse(localStorage.getItem(PLACE)) || [];
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
      /* They stay for as long as the page is open. */
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
                <${Link$} to="events" query=${one.query}>
                  ${one.name}
                <//>
                <button
                  type="button"
                  class="bare"
                  aria-label=${`Forget ${one.name}`}
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
                <span class="offscreen">Name of these filters</span>
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
              Save these filters
            <//>
          `)}
      </div>
    `
  );
};
