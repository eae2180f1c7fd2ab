// A client's secrets, consents, grants, tokens and activity.
import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Button, Card, Empty, Id, Link, Loading, Time, confirm, toast, useLoad } from "../ui/kit.js";
import { Form, Duration } from "../ui/form.js";
import { List } from "../ui/list.js";
import { EventList } from "../parts/events.js";
import { GrantList, TokenList, useEnding } from "../parts/issued.js";
import { hasSecret } from "../snippets/env.js";
import { Table } from "../ui/table.js";

const failed = (problem) => toast(problem.message, { kind: "bad" });

// Secrets of the client, shown by their last characters, and their rotation.
const OVERLAPS = [
  [0, "immediately"],
  [3600, "in 1 hour"],
  [86400, "in 1 day"],
  [604800, "in 7 days"],
];

export const Secrets = (props) =>
  hasSecret(props.client) ? html`
    <${Known} ...${props} />
  ` : html`
    <${Card} label="Secrets">
      <${Empty} icon="key-round" title="This client has no secret">
        <p>
          ${props.client.token_endpoint_auth_method === "none" ? (
            "Public clients use PKCE instead of a secret."
          ) : html`
            It authenticates with <code>${props.client.token_endpoint_auth_method}</code>.
          `}
        </p>
      <//>
    <//>
  `;

const Known = ({ client, path, rotated }) => {
  const [overlap, setOverlap] = useState(86400);
  const usage = useLoad(() => api.get(`${path}/usage`), [client.secrets]);
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
          <span>Old secret expires</span>
          <select onChange=${(event) => setOverlap(Number(event.currentTarget.value))}>
            ${OVERLAPS.map(([seconds, text]) => html`
              <option value=${seconds} selected=${seconds === overlap}>
                ${text}
              </option>
            `)}
          </select>
        </label>
        <${Button} icon="refresh-cw" kind="primary" onClick=${rotate}>
          Rotate secret
        <//>
      `}
    >
      <${Loading} state=${usage}>
        ${({ secrets }) => html`
          <${Table}
            label="Client secrets"
            columns=${[
              {
                title: "Secret",
                cell: (one) =>
                  one.tail ? html`<code>…${one.tail}</code>` : one.chosen ? "Set manually" : "Generated",
              },
              { title: "Created", kind: "fit", cell: (one) => html`<${Time} at=${one.created_at} />` },
              {
                title: "Last used",
                kind: "fit",
                cell: (one) => (one.last_used_at ? html`<${Time} at=${one.last_used_at} />` : "Never"),
              },
              {
                title: "Expires",
                kind: "fit",
                cell: (one) => (one.expires_at ? html`<${Time} at=${one.expires_at} />` : "Never"),
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

// Consents that users gave the client, and how to revoke them.
export const Consents = ({ client, path }) => {
  const [version, run] = useEnding();
  const end = async ({ sub, username }) => {
    const name = username || sub;
    if (
      await confirm({
        title: `Revoke ${name}'s consent?`,
        action: "Revoke consent",
        danger: true,
        text:
          `All grants and tokens that ${name} gave ${client.client_name || client.client_id} are revoked ` +
          `immediately. ${name} is asked for consent again at the next sign-in.`,
      })
    ) {
      await run(() => api.delete(`${path}/consents/${encodeURIComponent(sub)}`), `Revoked ${name}'s consent.`);
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
          cell: (one) => html`<${Link} to=${`users/${encodeURIComponent(one.sub)}`}>${one.username || one.sub}<//>`,
        },
        {
          title: "Allowed scopes",
          kind: "prose",
          cell: ({ allowed }) =>
            allowed.map((at) => html`
              <div key=${at.resource}>
                ${at.scope}
                ${at.claims.length > 0 && html`<small>Claims: ${at.claims.join(", ")}</small>`}
                ${at.resource && html`
                  <br />
                  <small>
                    API: <${Id}>${at.resource}<//>
                  </small>
                `}
              </div>
            `),
        },
        {
          title: "Updated",
          kind: "fit",
          cell: ({ allowed }) =>
            allowed.map((at) => html`
              <div key=${at.resource}>
                <${Time} at=${at.updated_at} />
              </div>
            `),
        },
        {
          title: "Actions",
          kind: "action",
          cell: (one) => html`
            <${Button} kind="small" onClick=${() => end(one)}>
              Revoke…
            <//>
          `,
        },
      ]}
      empty=${html`
        <${Empty} icon="user-check" title="No consents yet">
          <p>
            ${client.require_consent === false
              ? "Consent is turned off in this client's settings."
              : "Users are asked when they first sign in to this client."}
          </p>
        <//>
      `}
    />
  `;
};

// Grants of the client.
export const Grants = ({ client }) => html`<${GrantList} fixed=${{ client_id: client.client_id }} />`;

// Token lifetimes of the client, its tokens, and their revocation.
const LIFETIMES = [
  ["access_token_lifetime", "Access token"],
  ["id_token_lifetime", "ID token"],
  ["refresh_token_lifetime", "Refresh token, maximum"],
  ["refresh_token_idle_lifetime", "Refresh token, idle"],
];

export const Tokens = ({ client, path, edit }) => {
  const [version, setVersion] = useState(0);
  const settings = useLoad(() => api.get("/settings"), []);
  const { initial, onStale, save } = edit(Object.fromEntries(LIFETIMES.map(([name]) => [name, null])));
  const submit = (value) => {
    const wrong = LIFETIMES.map(([name]) => name).find((name) => typeof value[name] === "string");
    if (wrong)
      throw Object.assign(new Error("Must be a duration, for example 15m, 1h or 30d."), { field: wrong });
    return save(value);
  };
  const end = async () => {
    if (
      !(await confirm({
        title: `Revoke all tokens of ${client.client_name || client.client_id}?`,
        action: "Revoke all",
        danger: true,
        text:
          "All grants, refresh tokens and access tokens of this client are revoked immediately. Users must " +
          "sign in to it again.",
      }))
    )
      return;
    try {
      await api.post(`${path}/revoke`);
      toast("All grants and tokens of this client revoked.");
      setVersion((n) => n + 1);
    } catch (problem) {
      failed(problem);
    }
  };
  return html`
    <${Card} title="Token lifetimes">
      <${Loading} state=${settings}>
        ${({ items }) => {
          const server = (name) => {
            const { value } = items.find((one) => one.key === name);
            return { placeholder: value, hint: `Default: ${value}.` };
          };
          return html`
            <${Form} onStale=${onStale} initial=${initial} onSubmit=${submit} disabled=${Boolean(client.managed_by)}>
              <div class="checks">
                ${LIFETIMES.map(([name, label]) => html`
                  <${Duration} key=${name} name=${name} label=${label} ...${server(name)} />
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
        Revoke all tokens…
      <//>
    </p>
    <${TokenList} key=${version} fixed=${{ client_id: client.client_id }} />
  `;
};

// Last use of the client, its recent failures, and its events.
export const Activity = ({ client, path }) => {
  const { client_id } = client;
  const state = useLoad(async () => {
    const [usage, traces] = await Promise.all([
      api.get(`${path}/usage`),
      api.get("/traces", { client_id, outcome: "failed", limit: 5 }),
    ]);
    return { usage, traces };
  }, []);
  return html`
    <${Loading} state=${state}>
      ${({ usage, traces }) => html`
        <p>
          Last used:${" "}
          ${usage.last_used_at ? html`
            <b>
              <${Time} at=${usage.last_used_at} />
            </b>
          ` : (
            "not recently"
          )}
          .${" "}
          <${Link} to="traces" query=${{ client_id }}>
            View traces
          <//>
        </p>
        <${Card} title="Recent failures" flush>
          ${traces.items.length === 0 ? html`
            <${Empty} icon="circle-check" title="No recent failures">
              ${traces.recorded === "off" && html`
                <p>
                  Traces are turned off (setting <code>traces</code>). Failures are listed in the events
                  below.
                </p>
              `}
            <//>
          ` : html`
            <${Table}
              label="Recent failures"
              columns=${[
                {
                  title: "Time",
                  kind: "fit",
                  cell: (trace) => html`<${Time} at=${trace.started_at} />`,
                },
                {
                  title: "Request",
                  kind: "prose",
                  cell: (trace) => html`
                    <${Link} to=${`traces/${trace.id}`}>
                      <b>${trace.title}</b>
                    <//>
                    <br />
                    <small>
                      <code>${trace.error}</code> ${trace.summary}
                    </small>
                  `,
                },
                {
                  title: "Fix",
                  kind: "prose",
                  cell: (trace) => html`<small>${trace.fix}</small>`,
                },
              ]}
              rows=${traces.items}
              keyOf=${(trace) => trace.id}
            />
          `}
        <//>
      `}
    <//>
    <h2>Events</h2>
    <${EventList} fixed=${{ client_id }} />
  `;
};
