import { html } from "../html.js";
import { href, navigate } from "../router.js";
import { Badge, Button, Empty, Head, Id, Link } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { Named } from "../ui/table.js";

export default () => html`
  <${Head}
    title="APIs"
    lead="APIs that accept access tokens from this server. The audience (aud) of a token names its API (RFC 8707)."
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
            <${Link} to=${`resources/${encodeURIComponent(one.uri)}`}>
              <b>${one.name}</b>
            <//>
          <//>
        `,
      },
      { title: "URI", sort: "uri", cell: (one) => html`<${Id}>${one.uri}<//>` },
      { title: "Scopes", cell: (one) => one.scopes || html`<span class="soft">None</span>` },
    ]}
    empty=${html`
      <${Empty} icon="link" title="No APIs yet">
        <p>
          Until you add one, tokens are valid only for this server's own endpoints. Add your API to issue
          tokens that only it accepts.
        </p>
      <//>
    `}
  />
`;
