// Teams of a user, and the role in each.
import { html } from "../html.js";
import { api } from "../api.js";
import { Button, Card, Empty, Link, toast } from "../ui/kit.js";
import { Form, Select } from "../ui/form.js";
import { Pick } from "../ui/picker.js";
import { Table } from "../ui/table.js";
import { ROLES, ROLE_CHOICES, labelOf } from "../labels.js";
import { options, useChoices } from "./choices.js";

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
    toast(`Added ${user.username} to ${team}.`);
    reload();
  };
  const change = (team, role) =>
    run(
      () => api.post(members(team), { user: user.sub, role }),
      `Role in ${team} changed to ${labelOf(ROLES, role)}.`,
    );
  const leave = (team) =>
    run(
      () => api.delete(`${members(team)}/${encodeURIComponent(user.sub)}`),
      `Removed ${user.username} from ${team}.`,
    );
  return html`
    ${user.teams.length === 0 ? html`
      <${Empty} icon="boxes" title="No teams">
        <p>Add the user to a team to allow tokens for that team.</p>
      <//>
    ` : html`
      <div class="list">
        <${Table}
          label="Teams"
          columns=${[
            {
              title: "Team",
              cell: ({ id }) => html`<${Link} to=${`teams/${encodeURIComponent(id)}`}>${id}<//>`,
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
                        ${labelOf(ROLES, one)}
                      </option>
                    `)}
                  </select>
                </label>
              `,
            },
            {
              title: "Actions",
              kind: "action",
              cell: ({ id }) =>
                !locked && html`
                  <${Button} kind="small" onClick=${() => leave(id)}>
                    Remove
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
          <${Pick} name="team" kind="team" label="Team ID" />
          <${Select} name="role" label="Role" options=${options(choices.team_roles, ROLE_CHOICES)} />
        <//>
      <//>
    </div>
  `;
};
