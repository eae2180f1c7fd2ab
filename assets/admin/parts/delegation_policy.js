// Who may act for whom: the clients that delegate, and what the policy answers for one person.
import { html, useState } from "../html.js";
import { api } from "../api.js";
import { setQuery, useLocation } from "../router.js";
import { Badge, Button, Card, Empty, Id, Link$, Loading, Note, toast, useLoad } from "../ui/kit.js";
import { Dialog } from "../ui/dialog.js";
import { Form, Lines, Select } from "../ui/form.js";
import { Picker } from "../ui/picker.js";
import { Table } from "../ui/table.js";

export const Policy = () => {
  const state = useLoad(() => api.get("/delegation/policy"), []);
  const [edited, setEdited] = useState(null);
  // As it is now, with the mark that a change of it must name.
  const change = (rule) =>
    api
      .load(`/clients/${encodeURIComponent(rule.client_id)}`)
      .then(setEdited, (problem) => toast(problem.message, { kind: "bad" }));
  return html`
    <${Card} title="What holds for everybody">
      <ul>
        <li>An administrator of this server may act for anybody who allows it.</li>
        <li>A team's administrator may act for its members, when the request names the team.</li>
        <li>
          A service may act for any user, or for the members of its teams; people who act through it are
          limited to them, too. Only an administrator may act for an administrator.
        </li>
        <li>
          No token allows more, or lasts longer, than the one it was derived from. Nobody acts for users who
          do not allow delegation.
        </li>
        <li>
          Everyone in a chain of delegations must be allowed to act for the user. A token for a team acts in
          that team only.
        </li>
      </ul>
    <//>
    <${Loading} state=${state}>
      ${({ clients }) =>
        clients.length === 0 ? html`
          <${Empty} icon="users" title="Nobody may act for anybody">
            <p>
              Give a client the scope <code>keyfob:delegate</code> to let it, or people through it, act for
              others.
            </p>
          <//>
        ` : html`
          <${Card} title="Clients that delegate" flush>
            <${Table}
              label="Who acts through which client, and for whom"
              columns=${[
                {
                  title: "Client",
                  cell: (rule) => html`
                    ${rule.managed_by === "keyfob" ? (
                      "This server's own pages"
                    ) : html`
                      <${Link$} to=${`clients/${encodeURIComponent(rule.client_id)}`}>
                        ${rule.client_name || rule.client_id}
                      <//>
                    `}
                    ${rule.disabled && html`<${Badge} kind="bad">disabled<//>`}
                  `,
                },
                {
                  title: "Who acts",
                  kind: "prose",
                  cell: (rule) =>
                    [
                      rule.by_itself && "the service itself",
                      rule.through_it && "people who sign in to it",
                      rule.may_act && `${rule.may_act}, with its tokens (may_act)`,
                    ]
                      .filter(Boolean)
                      .join("; "),
                },
                {
                  title: "For whom",
                  kind: "prose",
                  cell: (rule) =>
                    rule.delegation_teams ? (
                      rule.delegation_teams.length ? html`members of ${rule.delegation_teams.join(", ")}` : (
                        "nobody"
                      )
                    ) : rule.by_itself ? (
                      "any user"
                    ) : (
                      "as the roles of those people allow"
                    ),
                },
                {
                  title: "At most",
                  kind: "prose",
                  cell: (rule) => html`
                    <small>
                      ${rule.scope || "nothing"}
                      ${rule.may_go_back && html`
                        <br />
                        and may go back to being itself
                      `}
                    </small>
                  `,
                },
                {
                  title: "Action",
                  kind: "action",
                  cell: (rule) => html`
                    ${rule.by_itself && !rule.managed_by && html`
                      <${Button} kind="small" onClick=${() => change(rule)}>
                        Change…
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
      <${Held}
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

const Held = ({ client, etag, onClose, onSaved }) => {
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
    <${Dialog} title=${`For whom may ${client.client_name || client.client_id} act?`} onClose=${onClose}>
      <${Form} initial=${{ whom, teams: client.delegation_teams || [] }} onSubmit=${save} onCancel=${onClose}>
        ${(form) => html`
          <${Select}
            name="whom"
            label="For"
            options=${[
              ["any", "any user"],
              ["teams", "members of these teams"],
              ["nobody", "nobody"],
            ]}
          />
          ${form.value.whom === "teams" && html`
            <${Lines} name="teams" label="Teams" hint="Ids of teams, one a line." />
          `}
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
    <${Card} title="Who could act for …?">
      <form onSubmit=${ask} class="bar">
        <div class="field">
          <label class="label" for="policy-user">
            Username or sub
          </label>
          <${Picker} id="policy-user" kind="user" value=${name} onInput=${setName} />
        </div>
        <button type="submit" class="button primary">
          Ask the policy
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
        ${more && html`<${Note}>There are more administrators or members than are shown.<//>`}
        <${Table}
          label=${`Who could act for ${username}`}
          columns=${[
            {
              title: "Who",
              cell: (one) => html`
                ${one.name} <small>${one.kind === "client" ? "service" : "person"}</small>
              `,
            },
            { title: "Team named", cell: (one) => (one.team_id ? html`<${Id}>${one.team_id}<//>` : "none") },
            {
              title: `May act for ${username}`,
              kind: "fit",
              cell: (one) => html`<${Badge} kind=${one.allowed ? "good" : "bad"}>${one.allowed ? "yes" : "no"}<//>`,
            },
            { title: "Why", kind: "prose", cell: (one) => one.reason },
          ]}
          rows=${answers}
          keyOf=${(one) => `${one.actor} ${one.team_id}`}
        />
      `}
    <//>
  `;
};
