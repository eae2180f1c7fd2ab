import { html } from "../html.js";
import { href, navigate } from "../router.js";
import { Badge, Button, Empty, Head, Id, Link, Time } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { Named } from "../ui/table.js";

export default () => html`
  <${Head}
    title="Teams"
    lead="Groups of users. A delegated token can be limited to one team (team_id)."
    actions=${html`
      <${Button} kind="primary" icon="plus" data-new onClick=${() => navigate(href("teams/new"))}>
        New team
      <//>
    `}
  />
  <${List}
    path="/teams"
    order="id"
    label="Teams"
    search="Name or ID"
    keyOf=${(team) => team.id}
    columns=${[
      {
        title: "Name",
        sort: "name",
        kind: "name",
        cell: (team) => html`
          <${Named} badges=${team.disabled && html`<${Badge} kind="bad">Disabled<//>`}>
            <${Link} to=${`teams/${encodeURIComponent(team.id)}`}>
              <b>${team.name}</b>
            <//>
          <//>
        `,
      },
      { title: "ID", sort: "id", cell: (team) => html`<${Id}>${team.id}<//>` },
      { title: "Created", sort: "-created", kind: "fit", cell: (team) => html`<${Time} at=${team.created_at} />` },
    ]}
    empty=${html`
      <${Empty} icon="boxes" title="No teams yet">
        <p>
          With teams, team admins can act for members of their team, and a service can be limited to some
          teams.
        </p>
      <//>
    `}
  />
`;
