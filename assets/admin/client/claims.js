// Claims of the client's tokens and userinfo for a user, each with the rule behind it.
import { html, useEffect, useRef, useState } from "../html.js";
import { api } from "../api.js";
import { setQuery, useLocation } from "../router.js";
import { Badge, Card, CopyButton, Loading, Note, Time, useLoad } from "../ui/kit.js";
import { Table } from "../ui/table.js";
import { Picker } from "../ui/picker.js";

const RULES = {
  scope: ["info", "scope"],
  claims_parameter: ["info", "claims parameter"],
  registration: ["warn", "client settings"],
  resource: ["good", "API"],
  team: ["good", "team"],
  user: ["", "user"],
  protocol: ["", "protocol"],
};
const Rule = ({ of }) => html`<${Badge} kind=${RULES[of][0]}>${RULES[of][1]}<//>`;

export const Claims = ({ session, client, path }) => {
  const { query } = useLocation();
  const signsIn = client.grant_types.some((grant) => /authorization_code$|device_code$/.test(grant));
  const itself = client.grant_types.includes("client_credentials");
  const all = (client.scope || "").split(" ").filter(Boolean);
  const chosen = query.scope ? query.scope.split(" ") : all;
  const sub = signsIn ? query.sub || (itself ? "" : session.admin.username) : "";
  const asked = {
    sub,
    scope: query.scope,
    resource: query.resource,
    team_id: query.team_id,
    claims: query.claims,
  };
  const toggle = (scope, on) => {
    const next = all.filter((one) => (one === scope ? on : chosen.includes(one)));
    setQuery({ scope: next.length === all.length ? "" : next.join(" ") });
  };
  const resources = useLoad(() => api.get("/resources", { limit: 200 }), []);
  const users = useLoad(() => (signsIn ? api.get("/users", { q: sub, limit: 8 }) : { items: [] }), [sub]);
  const found = users.data?.items || [];
  const teams = (found.find((one) => one.username === sub || one.sub === sub) || { teams: [] }).teams;
  const state = useLoad(() => api.get(`${path}/preview`, asked), [JSON.stringify(asked), client.updated_at]);
  const select = (name, label, none, options) => html`
    <div class="field">
      <label class="label" for=${`preview-${name}`}>
        ${label}
      </label>
      <select
        id=${`preview-${name}`}
        value=${query[name] || ""}
        onChange=${(event) => setQuery({ [name]: event.currentTarget.value })}
      >
        <option value="">${none}</option>
        ${options.map(([id, text]) => html`
          <option value=${id} selected=${id === query[name]} key=${id}>
            ${text}
          </option>
        `)}
      </select>
    </div>
  `;
  const may = (uri) => !client.allowed_resources || client.allowed_resources.includes(uri);
  return html`
    <${Card} title="Simulated request">
      <div class="form">
        ${signsIn && html`<${Who} value=${sub} itself=${itself} />`}
        ${all.length > 0 && html`
          <fieldset class="field">
            <legend class="label">Scopes</legend>
            <div class="checks">
              ${all.map((scope) => html`
                <label class="option" key=${scope}>
                  <input
                    type="checkbox"
                    checked=${chosen.includes(scope)}
                    onChange=${(event) => toggle(scope, event.currentTarget.checked)}
                  />
                  <span class="mono">${scope}</span>
                </label>
              `)}
            </div>
            <small>A request without scopes gets all of them.</small>
          </fieldset>
        `}
        <div class="field checks">
          ${select(
            "resource",
            "API",
            "Default: from scopes",
            (resources.data?.items || []).filter((one) => may(one.uri)).map((one) => [one.uri, one.name]),
          )}
          ${teams.length > 0 &&
            select(
              "team_id",
              "Team (delegated tokens only)",
              "None",
              teams.map(({ id }) => [id, id]),
            )}
        </div>
        ${signsIn && html`
          <details open=${Boolean(query.claims)}>
            <summary>
              <small>Claims parameter</small>
            </summary>
            <${ClaimsParameter} value=${query.claims || ""} />
          </details>
        `}
      </div>
    <//>
    ${state.error ? html`
      <${Note} kind="bad" role="alert" title="No tokens would be issued.">
        ${state.error.field && html`
          <code>${state.error.field}</code>:${" "}
        `}
        ${state.error.message}
      <//>
    ` : html`
      <${Loading} state=${state}>${(preview) => html`<${Shown} preview=${preview} />`}<//>
    `}
  `;
};

// Text after the user has paused typing.
const useTyped = (value, name) => {
  const [text, setText] = useState(value);
  const timer = useRef(/** @type {any} */ (null));
  useEffect(() => setText(value), [value]);
  return [
    text,
    (next) => {
      setText(next);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setQuery({ [name]: next.trim() }), 300);
    },
  ];
};

const Who = ({ value, itself }) => {
  const [text, type] = useTyped(value, "sub");
  return html`
    <div class="field">
      <label class="label" for="preview-sub">
        User
      </label>
      <${Picker} id="preview-sub" kind="user" value=${text} onInput=${type} aria-describedby="preview-sub-hint" />
      <small id="preview-sub-hint">
        ${itself ? "Username or sub. Leave empty for client credentials." : "Username or sub."}
      </small>
    </div>
  `;
};

const ClaimsParameter = ({ value }) => {
  const [text, type] = useTyped(value, "claims");
  return html`
    <label class="field">
      <span class="label">Claims parameter as JSON (OIDC Core §5.5)</span>
      <textarea
        rows=${3}
        class="mono"
        spellcheck=${false}
        value=${text}
        onInput=${(event) => type(event.currentTarget.value)}
        placeholder=${'{"id_token": {"email": null}}'}
      />
    </label>
  `;
};

const Shown = ({ preview }) => html`
  <div role="status">
    ${preview.left_out.map((one) => html`
      <${Note}
        kind="warn"
        key=${one.name}
        title=${html`
          <code>${one.name}</code> would not be granted.
        `}
      >
        ${one.reason}
      <//>
    `)}
    <p class="soft">
      Preview for ${preview.username ? html`<b>${preview.username}</b>` : "the client itself"}. Nothing is issued.
      ${preview.refresh_token && " The response would include a refresh token."}
    </p>
  </div>
  <${Part} title="UserInfo" part=${preview.userinfo} />
  <${Part} title="ID token" part=${preview.id_token} />
  <${Part} title="Access token" part=${preview.access_token} />
`;

const json = (part) =>
  JSON.stringify(Object.fromEntries(part.claims.map(({ name, value }) => [name, value])), null, 2);
const Value = ({ claim: { value, differs } }) =>
  differs && value === null ? html`
    <span class="soft">unique per token</span>
  ` : value === "" ? html`
    <span class="soft">empty</span>
  ` : html`
    <code class="wrap">${typeof value === "string" ? value : JSON.stringify(value)}</code>
    ${differs && html`
      <br />
      <small>
        <${Time} at=${value} full />
      </small>
    `}
  `;

const Part = ({ title, part }) => html`
  <${Card} title=${title} flush aside=${part.issued && html`<${CopyButton} text=${json(part)} label="Copy as JSON" />`}>
    ${part.note && html`<p class="said">${part.note}</p>`}
    ${part.issued && html`
      <${Table}
        label=${`${title}: claims`}
        columns=${[
          {
            title: "Claim",
            cell: (claim) => html`<code>${claim.name}</code>`,
          },
          {
            title: "Value",
            kind: "prose",
            cell: (claim) => html`<${Value} claim=${claim} />`,
          },
          {
            title: "Source",
            kind: "fit",
            cell: (claim) => html`<${Rule} of=${claim.rule} />`,
          },
          {
            title: "Reason",
            kind: "prose",
            cell: (claim) => html`<small>${claim.reason}</small>`,
          },
        ]}
        rows=${part.claims}
        keyOf=${(claim) => claim.name}
      />
    `}
    ${part.missing.length > 0 && html`
      <details class="said">
        <summary>Not included: ${part.missing.map((one) => one.name).join(", ")}</summary>
        <${Table}
          label=${`${title}: claims not included`}
          columns=${[
            {
              title: "Claim",
              cell: (one) => html`<code>${one.name}</code>`,
            },
            {
              title: "Source",
              kind: "fit",
              cell: (one) => html`<${Rule} of=${one.rule} />`,
            },
            {
              title: "Reason",
              kind: "prose",
              cell: (one) => html`<small>${one.reason}</small>`,
            },
          ]}
          rows=${part.missing}
          keyOf=${(one) => one.name}
        />
      </details>
    `}
  <//>
`;
