import { html } from "../html.js";
import { href, navigate } from "../router.js";
import { Badge, Button, Empty, Head, Id, Link, Time } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { KINDS, kindOf } from "../kinds.js";
import { Named } from "../ui/table.js";

export default () => html`
  <${Head}
    title="Clients"
    lead="Applications that get tokens from this server."
    actions=${html`
      <${Button} kind="primary" icon="plus" data-new onClick=${() => navigate(href("clients/new"))}>
        New client
      <//>
    `}
  />
  <${List}
    path="/clients"
    order="client_id"
    label="Clients"
    search="Name or client ID"
    keyOf=${(client) => client.client_id}
    columns=${[
      {
        title: "Name",
        sort: "name",
        kind: "name",
        cell: (client) => html`
          <${Named}
            badges=${html`
              ${client.disabled && html`<${Badge} kind="bad">Disabled<//>`}
              ${client.managed_by && html`<${Badge}>${client.managed_by}<//>`}
            `}
          >
            <${Link} to=${`clients/${encodeURIComponent(client.client_id)}`}>
              <b>${client.client_name || client.client_id}</b>
            <//>
          <//>
        `,
      },
      { title: "Client ID", sort: "client_id", cell: (client) => html`<${Id}>${client.client_id}<//>` },
      { title: "Type", kind: "fit", cell: (client) => kindOf(client) },
      {
        title: "Created",
        minor: true,
        sort: "-created",
        kind: "fit",
        cell: (client) => html`<${Time} at=${client.created_at} />`,
      },
      {
        title: "Updated",
        minor: true,
        sort: "-changed",
        kind: "fit",
        cell: (client) => html`<${Time} at=${client.updated_at} />`,
      },
      {
        title: "Last token",
        sort: "-last_token",
        kind: "fit",
        cell: (client) => html`<${Time} at=${client.last_token_at} />`,
      },
    ]}
    empty=${html`
      <${Empty} icon="app-window" title="No clients yet">
        <p>Clients are applications that get tokens from this server. What are you building?</p>
        <div class="kinds">
          ${KINDS.map((kind) => html`
            <button
              type="button"
              key=${kind.id}
              onClick=${() => navigate(href("clients/new", { kind: kind.id }))}
            >
              <b>${kind.title}</b>
              <small>${kind.about}</small>
            </button>
          `)}
        </div>
      <//>
    `}
  />
`;
