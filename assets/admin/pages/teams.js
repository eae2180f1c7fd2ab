import { html } from "../html.js";
import { href, navigate } from "../router.js";
import { Badge, Button, Empty, Head, Id, Link$, Time } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { Named } from "../ui/table.js";

export default () => html`
  <${Head}
    title="Teams"
    lead="Who belongs together. A token can say for which team it is (team_id)."
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
    search="Name or id"
    keyOf=${(team) => team.id}
    columns=${[
      {
        title: "Name",
        sort: "name",
        kind: "name",
        cell: (team) => html`
          <${Named} badges=${team.disabled && html`<${Badge} kind="bad">disabled<//>`}>
            <${Link$} to=${`teams/${encodeURIComponent(team.id)}`}>
              <b>${team.name}</b>
            <//>
          <//>
        `,
      },
      { title: "ID", sort: "id", cell: (team) => html`<${Id}>${team.id}<//>` },
      { title: "Since", sort: "-created", kind: "fit", cell: (team) => html`<${Time} at=${team.created_at} />` },
    ]}
    empty=${html`
      <${Empty} icon="boxes" title="No team yet">
        <p>
          With teams, a team's administrator may act for its members, and a service can be held to some teams.
        </p>
      <//>
    `}
  />
`;
