import { html } from "../html.js";
import { href, navigate } from "../router.js";
import { Badge, Button, Empty, Head, Id, Link$ } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { Named } from "../ui/table.js";

export default () => html`
  <${Head}
    title="APIs"
    lead="What access tokens are for (RFC 8707). A token says in aud for which of them it is."
    actions=${html`
      <${Button} kind="primary" icon="plus" data-new onClick=${() => navigate(href("resources/new"))}>
        New API
      <//>
    `}
  />
  <${List}
    path="/resources"
    order="uri"
    label="APIs"
    search="Name or URI"
    keyOf=${(one) => one.uri}
    columns=${[
      {
        title: "Name",
        sort: "name",
        kind: "name",
        cell: (one) => html`
          <${Named} badges=${one.managed_by && html`<${Badge}>${one.managed_by}<//>`}>
            <${Link$} to=${`resources/${encodeURIComponent(one.uri)}`}>
              <b>${one.name}</b>
            <//>
          <//>
        `,
      },
      { title: "URI", sort: "uri", cell: (one) => html`<${Id}>${one.uri}<//>` },
      { title: "Its scopes", cell: (one) => one.scopes || html`<span class="soft">none of its own</span>` },
    ]}
    empty=${html`
      <${Empty} icon="link" title="No API yet">
        <p>
          Until there is one, every token is for this server's own endpoints. Register your API, and its
          tokens are of no use anywhere else.
        </p>
      <//>
    `}
  />
`;
