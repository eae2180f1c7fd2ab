import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Badge, Card, CopyButton, CopyField, Empty, Id, Link$, Loading, useLoad } from "../ui/kit.js";
import { ObjectPage } from "../parts/object_page.js";
import { Form, Text } from "../ui/form.js";
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
    ended="The grants, consents and tokens for it"
    deletion=${(one) => ({
      title: `Delete ${one.name}?`,
      action: "Delete API",
      name: one.name,
      text:
        "Nobody gets a token for it any more. Sign-ins that were for it alone end, what people " +
        "allowed there is forgotten, and introspection says no to its tokens. An API that checks " +
        "its tokens by itself takes them until they expire. It can be brought back for 30 days; " +
        "what has ended stays ended.",
    })}
  >
    ${(one, { path, etag, reload, change }) => html`
      <div class="columns">
        <${Check} issuer=${session.issuer} uri=${one.uri} />
        <${Metadata} path=${path} uri=${one.uri} version=${etag} />
      </div>
      <h2>Who may ask for it</h2>
      <${List}
        path=${`${path}/clients`}
        order="client_id"
        search="Name or id"
        label="Clients that may ask for it"
        keyOf=${(client) => client.client_id}
        columns=${[
          {
            title: "Client",
            sort: "name",
            kind: "name",
            cell: (client) => html`
              <${Named} badges=${client.disabled && html`<${Badge} kind="bad">disabled<//>`}>
                <${Link$} to=${`clients/${encodeURIComponent(client.client_id)}`}>${client.client_name}<//>
              <//>
            `,
          },
          { title: "ID", sort: "client_id", cell: (client) => html`<${Id}>${client.client_id}<//>` },
          {
            title: "Why",
            cell: (client) =>
              client.named ? "its registration names this API" : "its registration is held to no API",
          },
        ]}
        empty=${html`<${Empty} icon="app-window" title="No client may ask for it" />`}
      />
      <${Card} title="Settings">
        <${Form}
          onStale=${reload}
          initial=${{ name: one.name, scopes: one.scopes, client_id: one.client_id || "" }}
          onSubmit=${change}
          disabled=${Boolean(one.managed_by)}
        >
          <${Text} name="name" label="Name" hint="People see it when they are asked." />
          <${Text}
            name="scopes"
            label="Its scopes"
            mono
            hint="Granted only together with this API, separated by spaces."
          />
          <${Text}
            name="client_id"
            label="The client that the API is"
            mono
            hint=${
              "With its client_id and secret the API asks about its tokens (introspection), and may " +
              "exchange them. Leave it empty for none."
            }
          />
        <//>
      <//>
    `}
  <//>
`;

// What is to be put into the API, with its own audience in it.
const Check = ({ issuer, uri }) => {
  const [chosen, setChosen] = useState(APIS[0].id);
  const snippet = APIS.find((one) => one.id === chosen);
  return html`
    <${Card}
      title="Check the token in my API"
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
      <${Code} text=${snippet.text({ issuer, audience: uri })} label=${snippet.title} />
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
    <${Card} title="What the API says of itself">
      <p>
        Clients that meet the API first (MCP clients do) ask it where its tokens come from (RFC 9728).${" "}
        ${place ? html`
          Serve this at <code>${place}</code>.
        ` : (
          "Serve this where its clients look."
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
