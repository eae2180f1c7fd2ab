import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Button, Card, Empty, Id, Link, toast } from "../ui/kit.js";
import { ObjectPage } from "../parts/object_page.js";
import { Form, Select, Text } from "../ui/form.js";
import { Code } from "../ui/code.js";
import { List } from "../ui/list.js";
import { Pick } from "../ui/picker.js";
import { options, useChoices } from "../parts/choices.js";
import { ROLES, ROLE_CHOICES, labelOf } from "../labels.js";

export default ({ params }) => {
  const path = `/teams/${encodeURIComponent(params.id)}`;
  const choices = useChoices();
  const [version, setVersion] = useState(0);
  const run = async (work, done, undo = () => {}) => {
    try {
      await work();
      toast(done);
      setVersion((n) => n + 1);
    } catch (problem) {
      undo();
      toast(problem.message, { kind: "bad" });
    }
  };
  return html`
    <${ObjectPage}
      list="teams"
      id=${params.id}
      keyOf=${(team) => team.id}
      called=${(team) => team.name}
      title=${(team) => team.name}
      lead=${(team) => html`<${Id}>${team.id}<//>`}
      deletion=${(team) => ({
        title: `Delete ${team.name}?`,
        action: "Delete team",
        name: team.id,
        text: "Members lose their membership. Their accounts are not deleted.",
      })}
    >
      ${(team, page) => {
        const add = async (value) => {
          await api.post(`${path}/members`, value);
          toast(`Added ${value.user} to ${team.name}.`);
          setVersion((n) => n + 1);
        };
        return html`
          <${List}
            path=${`${path}/members`}
            order="sub"
            search="Username or name"
            label="Members"
            version=${version}
            keyOf=${(member) => member.sub}
            columns=${[
              {
                title: "Member",
                cell: (member) => html`
                  <${Link} to=${`users/${encodeURIComponent(member.sub)}`}>${member.username || member.sub}<//>
                `,
              },
              { title: "Name", cell: (member) => member.name },
              {
                title: "Role",
                cell: (member) => html`
                  <label>
                    <span class="offscreen">Role of ${member.username}</span>
                    <select
                      disabled=${Boolean(member.managed_by)}
                      onChange=${(event) => {
                        const select = event.currentTarget;
                        run(
                          () => api.post(`${path}/members`, { user: member.sub, role: select.value }),
                          `Role of ${member.username || member.sub} changed to ${labelOf(ROLES, select.value)}.`,
                          () => {
                            select.value = member.role;
                          },
                        );
                      }}
                    >
                      ${(choices.team_roles ?? [member.role]).map((role) => html`
                        <option value=${role} selected=${role === member.role}>
                          ${labelOf(ROLES, role)}
                        </option>
                      `)}
                    </select>
                  </label>
                `,
              },
              {
                title: "Actions",
                kind: "action",
                cell: (member) =>
                  member.managed_by ? html`
                    <small>Managed by ${member.managed_by}</small>
                  ` : html`
                    <${Button}
                      kind="small"
                      onClick=${() =>
                        run(
                          () => api.delete(`${path}/members/${encodeURIComponent(member.sub)}`),
                          `Removed ${member.username || member.sub} from ${team.name}.`,
                        )
                      }
                    >
                      Remove
                    <//>
                  `,
              },
            ]}
            empty=${html`<${Empty} icon="users" title="No members" />`}
          />
          <div class="columns">
            <${Card} title="Add member">
              <${Form} key=${version} initial=${{ user: "", role: "member" }} submit="Add" onSubmit=${add}>
                <${Pick} name="user" kind="user" label="Username or sub" />
                <${Select} name="role" label="Role" options=${options(choices.team_roles, ROLE_CHOICES)} />
              <//>
            <//>
            <${Card} title="Settings">
              <${Form}
                onStale=${page.reload}
                initial=${{ name: team.name }}
                onSubmit=${page.change}
                disabled=${Boolean(team.managed_by)}
              >
                <${Text} name="name" label="Name" />
              <//>
            <//>
            <${Card} title="Team in tokens">
              <p class="soft">
                A delegated token can contain this team as <code>team_id</code>. It is then meant for this
                team only: an API with data of several teams must check <code>team_id</code> and return only
                this team's data.
              </p>
              <${Code}
                label="Example claims"
                text=${JSON.stringify(
                  { sub: "member", act: { sub: "actor" }, team_id: team.id, scope: "openid profile" },
                  null,
                  2,
                )}
              />
            <//>
          </div>
        `;
      }}
    <//>
  `;
};
