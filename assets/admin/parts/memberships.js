// The teams of one user: added, left, and the role in each.
import { html } from "../html.js";
import { api } from "../api.js";
import { Button, Card, Empty, Link$, toast } from "../ui/kit.js";
import { Form, Select } from "../ui/form.js";
import { Pick } from "../ui/picker.js";
import { Table } from "../ui/table.js";
import { options, useChoices } from "./choices.js";

export const ROLES = { admin: "admin: may act for the others" };
const members = (team) => `/teams/${encodeURIComponent(team)}/members`;

export const Memberships = ({ user, reload }) => {
  const choices = useChoices();
  const locked = Boolean(user.managed_by);
  const run = async (work, done) => {
    try {
      await work();
      toast(done);
      reload();
      return true;
    } catch (problem) {
      toast(problem.message, { kind: "bad" });
      return false;
    }
  };
  const join = async ({ team, role }) => {
    await api.post(members(team), { user: user.sub, role });
    toast(`${user.username} is in ${team}.`);
    reload();
  };
  const change = (team, role) =>
    run(() => api.post(members(team), { user: user.sub, role }), `${user.username} is ${role} in ${team}.`);
  const leave = (team) =>
    run(
      () => api.delete(`${members(team)}/${encodeURIComponent(user.sub)}`),
      `${user.username} is not in ${team} any more.`,
    );
  return html`
    ${user.teams.length === 0 ? html`
      <${Empty} icon="boxes" title="In no team">
        <p>A token for a team can be had for this user once they are in it.</p>
      <//>
    ` : html`
      <div class="list">
        <${Table}
          label="Teams"
          columns=${[
            {
              title: "Team",
              cell: ({ id }) => html`<${Link$} to=${`teams/${encodeURIComponent(id)}`}>${id}<//>`,
            },
            {
              title: "Role",
              cell: ({ id, role }) => html`
                <label>
                  <span class="offscreen">Role in ${id}</span>
                  <select
                    disabled=${locked}
                    onChange=${async (event) => {
                      const target = event.currentTarget;
                      if (!(await change(id, target.value))) target.value = role;
                    }}
                  >
                    ${(choices.team_roles ?? [role]).map((one) => html`
                      <option value=${one} selected=${one === role} key=${one}>
                        ${one}
                      </option>
                    `)}
                  </select>
                </label>
              `,
            },
            {
              title: "Action",
              kind: "action",
              cell: ({ id }) =>
                !locked && html`
                  <${Button} kind="small" onClick=${() => leave(id)}>
                    Take out
                  <//>
                `,
            },
          ]}
          rows=${user.teams}
          keyOf=${({ id }) => id}
        />
      </div>
    `}
    <br />
    <div class="columns">
      <${Card} title="Add to a team">
        <${Form}
          key=${user.teams.length}
          initial=${{ team: "", role: "member" }}
          submit="Add"
          onSubmit=${join}
          disabled=${locked}
        >
          <${Pick} name="team" kind="team" label="Team id" />
          <${Select} name="role" label="Role" options=${options(choices.team_roles, ROLES)} />
        <//>
      <//>
    </div>
  `;
};
