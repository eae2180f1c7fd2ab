// Delegation policy: rules, clients with delegation, and a check for one user.
import { html, useState } from "../html.js";
import { api } from "../api.js";
import { setQuery, useLocation } from "../router.js";
import { Badge, Button, Card, Empty, Id, Link, Loading, Note, toast, useLoad } from "../ui/kit.js";
import { Dialog } from "../ui/dialog.js";
import { Form, Lines, Select } from "../ui/form.js";
import { Picker } from "../ui/picker.js";
import { Table } from "../ui/table.js";

export const Policy = () => {
  const state = useLoad(() => api.get("/delegation/policy"), []);
  const [edited, setEdited] = useState(
    /** @type {{ data: Record<string, any>, etag: string | null } | null} */ (null),
  );
  // Current client, with the ETag for a change.
  const change = (rule) =>
    api
      .load(`/clients/${encodeURIComponent(rule.client_id)}`)
      .then(setEdited, (problem) => toast(problem.message, { kind: "bad" }));
  return html`
    <${Card} title="Rules">
      <ul class="rules">
        <li>Administrators can act for any user who allows delegation.</li>
        <li>Team admins can act for members of their team if the request names the team.</li>
        <li>
          Services can act for any user, or only for members of the teams they are limited to. Users who act
          through a service have the same limit. Only administrators can act for administrators.
        </li>
        <li>
          A delegated token never has more scopes or a longer lifetime than the token it is derived from. No
          one can act for a user who does not allow delegation.
        </li>
        <li>
          Every actor in a delegation chain must be allowed to act for the user. A token for a team is limited
          to that team.
        </li>
      </ul>
    <//>
    <${Loading} state=${state}>
      ${({ clients }) =>
        clients.length === 0 ? html`
          <${Empty} icon="users" title="No client can delegate">
            <p>
              Give a client the <code>keyfob:delegate</code> scope so that it, or users signed in to it, can
              act for other users.
            </p>
          <//>
        ` : html`
          <${Card} title="Clients with delegation" flush>
            <${Table}
              label="Clients with delegation: who acts, and for whom"
              columns=${[
                {
                  title: "Client",
                  cell: (rule) => html`
                    ${rule.managed_by === "keyfob" ? (
                      "Keyfob's own pages"
                    ) : html`
                      <${Link} to=${`clients/${encodeURIComponent(rule.client_id)}`}>
                        ${rule.client_name || rule.client_id}
                      <//>
                    `}
                    ${rule.disabled && html`<${Badge} kind="bad">Disabled<//>`}
                  `,
                },
                {
                  title: "Actor",
                  kind: "prose",
                  cell: (rule) =>
                    [
                      rule.by_itself && "The service",
                      rule.through_it && "Users signed in to it",
                      rule.may_act && `${rule.may_act}, with tokens of this client (may_act)`,
                    ]
                      .filter(Boolean)
                      .join("; "),
                },
                {
                  title: "Can act for",
                  kind: "prose",
                  cell: (rule) =>
                    rule.delegation_teams ? (
                      rule.delegation_teams.length ? html`Members of ${rule.delegation_teams.join(", ")}` : (
                        "No one"
                      )
                    ) : rule.by_itself ? (
                      "Any user"
                    ) : (
                      "Depends on the user's role"
                    ),
                },
                {
                  title: "Maximum scopes",
                  kind: "prose",
                  cell: (rule) => html`
                    <small>
                      ${rule.scope || "None"}
                      ${rule.may_go_back && html`
                        <br />
                        Can switch back to its own identity
                      `}
                    </small>
                  `,
                },
                {
                  title: "Actions",
                  kind: "action",
                  cell: (rule) => html`
                    ${rule.by_itself && !rule.managed_by && html`
                      <${Button} kind="small" onClick=${() => change(rule)}>
                        Edit…
                      <//>
                    `}
                    ${rule.managed_by && rule.managed_by !== "keyfob" && html`<small>${rule.managed_by}</small>`}
                  `,
                },
              ]}
              rows=${clients}
              keyOf=${(rule) => rule.client_id}
            />
          <//>
        `
      }
    <//>
    ${edited && html`
      <${Limit}
        client=${edited.data}
        etag=${edited.etag}
        onClose=${() => setEdited(null)}
        onSaved=${() => {
          setEdited(null);
          state.reload();
        }}
      />
    `}
    <${Simulator} />
  `;
};

const Limit = ({ client, etag, onClose, onSaved }) => {
  const save = async ({ whom, teams }) => {
    await api.patch(
      `/clients/${encodeURIComponent(client.client_id)}`,
      { delegation_teams: whom === "any" ? null : whom === "nobody" ? [] : teams },
      etag,
    );
    toast("Saved. Applies immediately; tokens that are no longer allowed are revoked.");
    onSaved();
  };
  const whom = !client.delegation_teams ? "any" : client.delegation_teams.length ? "teams" : "nobody";
  return html`
    <${Dialog} title=${`Edit delegation for ${client.client_name || client.client_id}`} onClose=${onClose}>
      <${Form} initial=${{ whom, teams: client.delegation_teams || [] }} onSubmit=${save} onCancel=${onClose}>
        ${(form) => html`
          <${Select}
            name="whom"
            label="Can act for"
            options=${[
              ["any", "Any user"],
              ["teams", "Members of specific teams"],
              ["nobody", "No one"],
            ]}
          />
          ${form.value.whom === "teams" && html`<${Lines} name="teams" label="Teams" hint="Team IDs, one per line." />`}
        `}
      <//>
    <//>
  `;
};

const Simulator = () => {
  const { query } = useLocation();
  const [name, setName] = useState(query.for || "");
  const ask = (event) => {
    event.preventDefault();
    setQuery({ for: name.trim() });
  };
  return html`
    <${Card} title="Check who can act for a user">
      <form onSubmit=${ask} class="bar">
        <div class="field">
          <label class="label" for="policy-user">
            Username or sub
          </label>
          <${Picker} id="policy-user" kind="user" value=${name} onInput=${setName} />
        </div>
        <button type="submit" class="button primary">
          Check
        </button>
      </form>
      <div aria-live="polite">${query.for && html`<${Answers} key=${query.for} user=${query.for} />`}</div>
    <//>
  `;
};

const Answers = ({ user }) => {
  const state = useLoad(() => api.get(`/delegation/policy/${encodeURIComponent(user)}`), [user]);
  return html`
    <${Loading} state=${state}>
      ${({ username, answers, more }) => html`
        ${more && html`
          <${Note}>Only the first 100 administrators and the first 100 members of each team are checked.<//>
        `}
        <${Table}
          label=${`Who can act for ${username}`}
          columns=${[
            {
              title: "Actor",
              cell: (one) => html`
                ${one.name} <small>${one.kind === "client" ? "Service" : "User"}</small>
              `,
            },
            { title: "Team in request", cell: (one) => (one.team_id ? html`<${Id}>${one.team_id}<//>` : "None") },
            {
              title: `Can act for ${username}`,
              kind: "fit",
              cell: (one) => html`<${Badge} kind=${one.allowed ? "good" : "bad"}>${one.allowed ? "Yes" : "No"}<//>`,
            },
            { title: "Reason", kind: "prose", cell: (one) => one.reason },
          ]}
          rows=${answers}
          keyOf=${(one) => `${one.actor} ${one.team_id}`}
        />
      `}
    <//>
  `;
};
