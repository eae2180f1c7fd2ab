import { html } from "../html.js";
import { href, navigate } from "../router.js";
import { Badge, Button, Empty, Head, Link } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { Named } from "../ui/table.js";

export default () => html`
  <${Head}
    title="Trusted issuers"
    lead="Other identity providers whose signed assertions can be exchanged for tokens (RFC 7523)."
    actions=${html`
      <${Button} kind="primary" icon="plus" data-new onClick=${() => navigate(href("trusted-issuers/new"))}>
        New trusted issuer
      <//>
    `}
  />
  <${List}
    path="/trusted-issuers"
    order="issuer"
    search="Issuer"
    label="Trusted issuers"
    keyOf=${(one) => one.issuer}
    columns=${[
      {
        title: "Issuer",
        sort: "issuer",
        kind: "name",
        cell: (one) => html`
          <${Named} badges=${one.managed_by && html`<${Badge}>${one.managed_by}<//>`}>
            <${Link} to=${`trusted-issuers/${encodeURIComponent(one.issuer)}`}>
              <b>${one.issuer}</b>
            <//>
          <//>
        `,
      },
      {
        title: "User match",
        cell: (one) => html`
          <code>${one.subject_claim}</code> = ${one.matches}
        `,
      },
      { title: "Clients", cell: (one) => one.clients.join(", ") || html`<span class="soft">None</span>` },
      { title: "Maximum scopes", cell: (one) => one.scope || html`<span class="soft">None</span>` },
    ]}
    empty=${html`
      <${Empty} icon="user-check" title="No trusted issuers">
        <p>
          Add one to let a CI system, a cluster or another identity provider get tokens for your users without
          passwords.
        </p>
      <//>
    `}
  />
`;
