import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Badge, Card, CopyButton, CopyField, Empty, Id, Link, Loading, useLoad } from "../ui/kit.js";
import { ObjectPage } from "../parts/object_page.js";
import { Form, Select, Text } from "../ui/form.js";
import { options, useChoices } from "../parts/choices.js";
import { List } from "../ui/list.js";
import { Code, Json } from "../ui/code.js";
import { APIS } from "../snippets/apis.js";
import { Named } from "../ui/table.js";

export default ({ params, session }) => html`
  <${ObjectPage}
    list="resources"
    id=${params.id}
    keyOf=${(one) => one.uri}
    called=${(one) => one.name}
    title=${(one) => one.name}
    lead=${(one) => html`<${Id}>${one.uri}<//>`}
    stays="Revoked grants, consents and tokens stay revoked."
    deletion=${(one) => ({
      title: `Delete ${one.name}?`,
      action: "Delete API",
      name: one.name,
      text:
        "No new tokens are issued for this API. Consents for it and grants for only this API are revoked, and " +
        "introspection reports its tokens as inactive. If the API validates tokens locally, it accepts them " +
        "until they expire. You can restore the API for 30 days; revoked grants stay revoked.",
    })}
  >
    ${(one, { path, etag, reload, change }) => html`
      <div class="columns">
        <${Check} issuer=${session.issuer} uri=${one.uri} alg=${one.access_token_alg || "ES256"} />
        <${Metadata} path=${path} uri=${one.uri} version=${etag} />
      </div>
      <h2>Allowed clients</h2>
      <${List}
        path=${`${path}/clients`}
        order="client_id"
        search="Name or client ID"
        label="Allowed clients"
        keyOf=${(client) => client.client_id}
        columns=${[
          {
            title: "Client",
            sort: "name",
            kind: "name",
            cell: (client) => html`
              <${Named} badges=${client.disabled && html`<${Badge} kind="bad">Disabled<//>`}>
                <${Link} to=${`clients/${encodeURIComponent(client.client_id)}`}>${client.client_name}<//>
              <//>
            `,
          },
          { title: "Client ID", sort: "client_id", cell: (client) => html`<${Id}>${client.client_id}<//>` },
          {
            title: "Access",
            cell: (client) => (client.named ? "Allowed for this API" : "Allowed for every API"),
          },
        ]}
        empty=${html`<${Empty} icon="app-window" title="No allowed clients" />`}
      />
      <${Card} title="Settings">
        <${Form}
          onStale=${reload}
          initial=${{
            name: one.name,
            scopes: one.scopes,
            client_id: one.client_id || "",
            access_token_alg: one.access_token_alg || "",
          }}
          onSubmit=${change}
          disabled=${Boolean(one.managed_by)}
        >
          <${Text} name="name" label="Name" hint="Shown to users on the consent page." />
          <${Text}
            name="scopes"
            label="Scopes"
            mono
            hint="Granted only in tokens for this API. Separate with spaces."
          />
          <${Text}
            name="client_id"
            label="API's client"
            mono
            hint=${"The client that the API uses to introspect and exchange its tokens. Leave empty for none."}
          />
          <${Algorithm} />
        <//>
      <//>
    `}
  <//>
`;

const Algorithm = () => {
  const choices = useChoices();
  const others = (choices.signing_algorithms ?? []).filter((alg) => alg !== "ES256");
  return html`
    <${Select}
      name="access_token_alg"
      label="Access token signing algorithm"
      options=${[["", "ES256 (default)"], ...options(others)]}
      hint="For APIs whose libraries verify RS256 only. Applies to tokens for only this API."
    />
  `;
};

// Code for the API, with its own audience.
const Check = ({ issuer, uri, alg }) => {
  const [chosen, setChosen] = useState(APIS[0].id);
  const snippet = APIS.find((one) => one.id === chosen) ?? APIS[0];
  return html`
    <${Card}
      title="Validate tokens in your API"
      aside=${html`
        <label>
          <span class="offscreen">Library</span>
          <select onChange=${(event) => setChosen(event.currentTarget.value)}>
            ${APIS.map((one) => html`
              <option value=${one.id} selected=${one.id === chosen} key=${one.id}>
                ${one.title}
              </option>
            `)}
          </select>
        </label>
      `}
    >
      <${CopyField} label="Issuer (iss)" text=${issuer} />
      <${CopyField} label="Audience (aud)" text=${uri} />
      <${Code} text=${snippet.text({ issuer, audience: uri, alg })} label=${snippet.title} />
    <//>
  `;
};

// RFC 9728 §3.1: the well-known part goes between the host and the path.
function wellKnown(uri) {
  const url = URL.canParse(uri) ? new URL(uri) : null;
  if (!url?.host) return null;
  return `${url.origin}/.well-known/oauth-protected-resource${url.pathname === "/" ? "" : url.pathname}${url.search}`;
}

const Metadata = ({ path, uri, version }) => {
  const state = useLoad(() => api.get(`${path}/metadata`), [path, version]);
  const place = wellKnown(uri);
  return html`
    <${Card} title="Resource metadata">
      <p>
        MCP clients, and other clients that start from the API, read this document to find the authorization
        server (RFC 9728).${" "}
        ${place ? html`
          Serve it at <code>${place}</code>.
        ` : (
          "Serve it at the API's well-known URL."
        )}
      </p>
      <${Loading} state=${state}>
        ${(document) => html`
          <${Json} value=${document} label="Protected resource metadata" />
          <div class="actions">
            <${CopyButton} text=${JSON.stringify(document, null, 2)} />
          </div>
        `}
      <//>
    <//>
  `;
};
