// What the client has: its secrets, what people allowed it, what was issued to it, and what came of that.
import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Button, Card, Empty, Id, Link$, Loading, Time, confirm, toast, useLoad } from "../ui/kit.js";
import { Form, NumberField } from "../ui/form.js";
import { List } from "../ui/list.js";
import { EventList } from "../parts/events.js";
import { GrantList, TokenList, useEnding } from "../parts/issued.js";
import { hasSecret } from "../snippets/env.js";
import { Table } from "../ui/table.js";

const failed = (problem) => toast(problem.message, { kind: "bad" });

// The client's secrets, known by their last characters, and a new one beside them.
const OVERLAPS = [
  [0, "immediately"],
  [3600, "after an hour"],
  [86400, "after a day"],
  [604800, "after a week"],
];

export const Secrets = (props) =>
  hasSecret(props.client) ? html`
    <${Known} ...${props} />
  ` : html`
    <${Card} label="Secrets">
      <${Empty} icon="key-round" title="This client has no secret">
        <p>
          It authenticates by <code>${props.client.token_endpoint_auth_method}</code>.
        </p>
      <//>
    <//>
  `;

const Known = ({ client, path, rotated }) => {
  const [overlap, setOverlap] = useState(86400);
  const usage = useLoad(() => api.get(`${path}/use`), [client.secrets]);
  const rotate = async () => {
    try {
      rotated((await api.post(`${path}/secrets`, { overlap })).client_secret);
    } catch (problem) {
      failed(problem);
    }
  };
  return html`
    <${Card}
      title="Secrets"
      flush
      aside=${html`
        <label class="aside">
          <span>Earlier secrets expire</span>
          <select onChange=${(event) => setOverlap(Number(event.currentTarget.value))}>
            ${OVERLAPS.map(([seconds, text]) => html`
              <option value=${seconds} selected=${seconds === overlap}>
                ${text}
              </option>
            `)}
          </select>
        </label>
        <${Button} icon="refresh-cw" kind="primary" onClick=${rotate}>
          New secret
        <//>
      `}
    >
      <${Loading} state=${usage}>
        ${({ secrets }) => html`
          <${Table}
            label="Secrets of the client"
            columns=${[
              {
                title: "Secret",
                cell: (one) =>
                  one.tail ? html`
                    <code>…${one.tail}</code>
                  ` : one.chosen ? (
                    "chosen by a person"
                  ) : (
                    "made by the server"
                  ),
              },
              { title: "Created", kind: "fit", cell: (one) => html`<${Time} at=${one.created_at} />` },
              {
                title: "Last used",
                kind: "fit",
                cell: (one) => (one.last_used_at ? html`<${Time} at=${one.last_used_at} />` : "not yet"),
              },
              {
                title: "Expires",
                kind: "fit",
                cell: (one) => (one.expires_at ? html`<${Time} at=${one.expires_at} />` : "never"),
              },
            ]}
            rows=${client.secrets.map((one) => ({ ...secrets.find((known) => known.id === one.id), ...one }))}
            keyOf=${(one) => one.id}
          />
        `}
      <//>
    <//>
  `;
};

// Who has allowed the client what, as the server remembers it, and taking it back.
export const Consents = ({ client, path }) => {
  const [version, run] = useEnding();
  const end = async ({ sub, username }) => {
    const name = username || sub;
    if (
      await confirm({
        title: `Take back what ${name} allowed?`,
        action: "Take it back",
        danger: true,
        text:
          `${client.client_name || client.client_id} loses every grant and token that ${name} gave ` +
          `it, at once. ${name} is asked again at the next sign-in.`,
      })
    ) {
      await run(
        () => api.delete(`${path}/consents/${encodeURIComponent(sub)}`),
        `${name} has allowed it nothing any more.`,
      );
    }
  };
  return html`
    <${List}
      path=${`${path}/consents`}
      search="Username or sub"
      label="Consents"
      version=${version}
      keyOf=${(one) => one.sub}
      columns=${[
        {
          title: "User",

          cell: (one) => html`<${Link$} to=${`users/${encodeURIComponent(one.sub)}`}>${one.username || one.sub}<//>`,
        },
        {
          title: "Allowed",
          cell: ({ allowed }) =>
            allowed.map((at) => html`
              <div key=${at.resource}>
                ${at.scope}
                ${at.claims.length > 0 && html`<small>and ${at.claims.join(", ")}</small>`}
                ${at.resource && html`
                  <br />
                  <small>
                    at <${Id}>${at.resource}<//>
                  </small>
                `}
              </div>
            `),
        },
        {
          title: "When",
          kind: "fit",
          cell: ({ allowed }) =>
            allowed.map((at) => html`
              <div key=${at.resource}>
                <${Time} at=${at.updated_at} />
              </div>
            `),
        },
        {
          title: "Action",
          kind: "action",
          cell: (one) => html`
            <${Button} kind="small" onClick=${() => end(one)}>
              Take back
            <//>
          `,
        },
      ]}
      empty=${html`
        <${Empty} icon="user-check" title="Nobody has consented">
          <p>
            ${client.require_consent === false
              ? "This client does not ask: see its settings."
              : "People are asked when they first sign in to it."}
          </p>
        <//>
      `}
    />
  `;
};

// What people have given the client.
export const Grants = ({ client }) => html`<${GrantList} fixed=${{ client_id: client.client_id }} />`;

// How long the client's tokens live, which there are, and the end of all of them.
const LIFETIMES = [
  ["access_token_lifetime", "Access token"],
  ["id_token_lifetime", "ID token"],
  ["refresh_token_lifetime", "Refresh token, in all"],
  ["refresh_token_idle_lifetime", "Refresh token, unused"],
];

export const Tokens = ({ client, path, edit }) => {
  const [version, setVersion] = useState(0);
  const settings = useLoad(() => api.get("/settings"), []);
  const { initial, onStale, save } = edit(Object.fromEntries(LIFETIMES.map(([name]) => [name, null])));
  const end = async () => {
    if (
      !(await confirm({
        title: `End everything ${client.client_name || client.client_id} holds?`,
        action: "End all",
        danger: true,
        text:
          "Every grant, refresh token and access token of this client ends at once. People must " +
          "sign in to it again.",
      }))
    )
      return;
    try {
      await api.post(`${path}/revoke`);
      toast("All grants and tokens of this client have ended.");
      setVersion((n) => n + 1);
    } catch (problem) {
      failed(problem);
    }
  };
  return html`
    <${Card} title="Lifetimes, in seconds">
      <${Loading} state=${settings}>
        ${({ items }) => {
          const server = (name) => {
            const { value } = items.find((one) => one.key === name);
            return { placeholder: seconds(value), hint: `Empty: the server's, ${value}.` };
          };
          return html`
            <${Form} onStale=${onStale} initial=${initial} onSubmit=${save} disabled=${Boolean(client.managed_by)}>
              <div class="checks">
                ${LIFETIMES.map(([name, label]) => html`
                  <${NumberField} key=${name} name=${name} label=${label} ...${server(name)} />
                `)}
              </div>
            <//>
          `;
        }}
      <//>
    <//>
    <h2>Access tokens</h2>
    <p class="actions">
      <${Button} kind="danger" icon="log-out" onClick=${end}>
        End all of this client…
      <//>
    </p>
    <${TokenList} key=${version} fixed=${{ client_id: client.client_id }} />
  `;
};

// Settings say `15m`.
const UNITS = { s: 1, m: 60, h: 3600, d: 86400 };
const seconds = (text) => String(parseInt(text, 10) * (UNITS[String(text).slice(-1)] || 1));

// When the client was last used, what it was refused and why, and all it is named in.
export const Activity = ({ client, path }) => {
  const { client_id } = client;
  const state = useLoad(async () => {
    const [usage, flows] = await Promise.all([
      api.get(`${path}/use`),
      api.get("/flows", { client_id, outcome: "refused", limit: 5 }),
    ]);
    return { usage, flows };
  }, []);
  return html`
    <${Loading} state=${state}>
      ${({ usage, flows }) => html`
        <p>
          Last used:${" "}
          ${usage.last_used_at ? html`
            <b>
              <${Time} at=${usage.last_used_at} />
            </b>
          ` : (
            "not lately"
          )}
          .${" "}
          <${Link$} to="flows" query=${{ client_id }}>
            Its flows, step by step
          <//>
        </p>
        <${Card} title="Refused lately" flush>
          ${flows.items.length === 0 ? html`
            <${Empty} icon="circle-check" title="Nothing was refused">
              ${flows.recorded === "off" && html`
                <p>
                  Flows are not recorded: see the setting <code>traces</code>. Refusals are among the events
                  below.
                </p>
              `}
            <//>
          ` : html`
            <${Table}
              label="Latest refusals"
              columns=${[
                {
                  title: "When",
                  kind: "fit",
                  cell: (flow) => html`<${Time} at=${flow.started_at} />`,
                },
                {
                  title: "What",
                  kind: "prose",
                  cell: (flow) => html`
                    <${Link$} to=${`flows/${flow.id}`}>
                      <b>${flow.title}</b>
                    <//>
                    <br />
                    <small>
                      <code>${flow.error}</code> ${flow.summary}
                    </small>
                  `,
                },
                {
                  title: "Fix",
                  kind: "prose",
                  cell: (flow) => html`<small>${flow.fix}</small>`,
                },
              ]}
              rows=${flows.items}
              keyOf=${(flow) => flow.id}
            />
          `}
        <//>
      `}
    <//>
    <h2>Events</h2>
    <${EventList} fixed=${{ client_id }} />
  `;
};
