import { html } from "../html.js";
import { href, navigate } from "../router.js";
import { Badge, Button, Empty, Head, Link, Time } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { Named } from "../ui/table.js";

export default () => html`
  <${Head}
    title="Users"
    lead="Accounts that can sign in to this server."
    actions=${html`
      <${Button} icon="upload" onClick=${() => navigate(href("users/import"))}>
        Import CSV
      <//>
      <${Button} kind="primary" icon="plus" data-new onClick=${() => navigate(href("users/new"))}>
        New user
      <//>
    `}
  />
  <${List}
    path="/users"
    order="username"
    label="Users"
    search="Name, email or sub"
    keyOf=${(user) => user.sub}
    columns=${[
      {
        title: "Username",
        sort: "username",
        kind: "name",
        cell: (user) => html`
          <${Named}
            badges=${html`
              ${user.admin && html`<${Badge} kind="info">Administrator<//>`}
              ${user.disabled && html`<${Badge} kind="bad">Disabled<//>`}
              ${user.password_link && html`<${Badge}>${user.has_password ? "Reset link" : "Invited"}<//>`}
            `}
          >
            <${Link} to=${`users/${encodeURIComponent(user.sub)}`}>
              <b>${user.username}</b>
            <//>
          <//>
        `,
      },
      {
        title: "Name",
        cell: (user) =>
          [user.given_name, user.family_name].filter(Boolean).join(" ") || html`<span class="soft">–</span>`,
      },
      { title: "Email", cell: (user) => user.email || html`<span class="soft">–</span>` },
      {
        title: "Teams",
        cell: (user) => html`
          <span class="badges">
            ${user.teams.map((team) => html`
              <${Badge} key=${team.id}>
                ${team.id}
                ${team.role === "admin" ? " (admin)" : ""}
              <//>
            `)}
          </span>
        `,
      },
      {
        title: "Created",
        minor: true,
        sort: "-created",
        kind: "fit",
        cell: (user) => html`<${Time} at=${user.registered_at} />`,
      },
    ]}
    empty=${html`<${Empty} icon="users" title="No users yet" />`}
  />
`;
