import { html, useState } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import { Button, Card, Empty, Head, Id, Link$, Loading, Note, confirm, toast, useLoad } from "../ui/kit.js";
import { deleted } from "../parts/undo.js";
import { Form, Select, Text } from "../ui/form.js";
import { Code } from "../ui/code.js";
import { List } from "../ui/list.js";
import { options, useChoices } from "../parts/choices.js";
import { ROLES } from "../parts/memberships.js";

export default ({ params }) => {
  const path = `/teams/${encodeURIComponent(params.id)}`;
  const state = useLoad(() => api.load(path), [params.id]);
  const choices = useChoices();
  const [version, setVersion] = useState(0);
  const run = async (work, undo = () => {}) => {
    try {
      await work();
      setVersion((n) => n + 1);
    } catch (problem) {
      undo();
      toast(problem.message, { kind: "bad" });
    }
  };
  return html`
    <${Loading} state=${state}>
      ${({ data: team, etag }) => {
        const remove = async () => {
          if (
            !(await confirm({
              title: `Delete ${team.name}?`,
              action: "Delete team",
              danger: true,
              name: team.id,
              text: "Its members stay; they are only no longer in it.",
            }))
          )
            return;
          try {
            await api.delete(path);
            deleted(path, team.name, () => navigate(href(`teams/${encodeURIComponent(team.id)}`)));
            navigate(href("teams"), { force: true });
          } catch (problem) {
            toast(problem.message, { kind: "bad" });
          }
        };
        const save = async (value) => {
          await api.patch(path, value, etag);
          toast("Saved.");
          state.reload();
        };
        const add = async (value) => {
          await api.post(`${path}/members`, value);
          toast(`${value.user} is in ${team.name}.`);
          setVersion((n) => n + 1);
        };
        return html`
          <${Head}
            title=${team.name}
            lead=${html`<${Id}>${team.id}<//>`}
            actions=${
              !team.managed_by && html`
                <${Button} kind="danger" icon="trash-2" onClick=${remove}>
                  Delete…
                <//>
              `
            }
          />
          ${team.managed_by && html`
            <${Note} title=${`Managed by ${team.managed_by}.`}>
              Change it there; the server reads it when it starts.
            <//>
          `}
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
                  <${Link$} to=${`users/${encodeURIComponent(member.sub)}`}>
                    ${member.username || member.sub}
                  <//>
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
                      onChange=${(event) =>
                        run(
                          () => api.post(`${path}/members`, { user: member.sub, role: event.target.value }),
                          () => {
                            event.target.value = member.role;
                          },
                        )
                      }
                    >
                      ${(choices.team_roles ?? [member.role]).map((role) => html`
                        <option value=${role} selected=${role === member.role}>
                          ${role}
                        </option>
                      `)}
                    </select>
                  </label>
                `,
              },
              {
                title: "Action",
                kind: "action",
                cell: (member) =>
                  member.managed_by ? html`
                    <small>in ${member.managed_by}</small>
                  ` : html`
                    <${Button}
                      kind="small"
                      onClick=${() =>
                        run(() => api.delete(`${path}/members/${encodeURIComponent(member.sub)}`))
                      }
                    >
                      Take out
                    <//>
                  `,
              },
            ]}
            empty=${html`<${Empty} icon="users" title="Nobody is in this team" />`}
          />
          <div class="columns">
            <${Card} title="Add somebody">
              <${Form} key=${version} initial=${{ user: "", role: "member" }} submit="Add" onSubmit=${add}>
                <${Text} name="user" label="Username or sub" autocomplete="off" />
                <${Select} name="role" label="Role" options=${options(choices.team_roles, ROLES)} />
              <//>
            <//>
            <${Card} title="Settings">
              <${Form}
                onStale=${state.reload}
                initial=${{ name: team.name }}
                onSubmit=${save}
                disabled=${Boolean(team.managed_by)}
              >
                <${Text} name="name" label="Name" />
              <//>
            <//>
            <${Card} title="In a token">
              <p class="soft">
                A token that acts for a member can name the team: <code>team_id</code> says that it is for
                this team alone. An API that keeps data of several teams reads it, and shows no other team's.
              </p>
              <${Code}
                label="Claims of such a token"
                text=${JSON.stringify(
                  { sub: "a member", act: { sub: "who acts" }, team_id: team.id, scope: "openid profile" },
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
