// A trusted issuer: a new one, or one to be changed.
import { html } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import { Head, Id } from "../ui/kit.js";
import { ObjectPage } from "../parts/object_page.js";
import { Area, Form, Lines, Select, Text } from "../ui/form.js";

const EMPTY = {
  issuer: "",
  jwks_uri: "",
  jwks: "",
  audience: "",
  subject_claim: "sub",
  match: "sub",
  clients: [],
  scope: "",
};

export default ({ params }) =>
  params.id ? html`
    <${Known} id=${params.id} />
  ` : html`
    <${Head}
      title="Create a trusted issuer"
      lead="Whoever holds its key can speak for your users, within the clients and scopes that you name here."
    />
    <${Fields}
      initial=${EMPTY}
      submit="Trust it"
      onCancel=${() => navigate(href("trusted-issuers"))}
      onSubmit=${async (value) => {
        const made = await api.post("/trusted-issuers", value);
        navigate(href(`trusted-issuers/${encodeURIComponent(made.issuer)}`), { force: true });
      }}
    />
  `;

const Known = ({ id }) => html`
  <${ObjectPage}
    list="trusted-issuers"
    id=${id}
    keyOf=${(one) => one.issuer}
    title=${() => "Trusted issuer"}
    lead=${(one) => html`<${Id}>${one.issuer}<//>`}
    ended="The tokens got by its assertions"
    deletion=${(one) => ({
      title: "Trust it no more?",
      action: "Delete issuer",
      name: one.issuer,
      text:
        "Its assertions are refused from now on, and the tokens that its clients got by an " +
        "assertion end at once. Clients that also use another issuer ask again. It can be brought " +
        "back for 30 days; what has ended stays ended.",
    })}
  >
    ${({ matches, managed_by, ...members }, page) => html`
      <${Fields}
        onStale=${page.reload}
        initial=${{
          ...EMPTY,
          ...members,
          match: matches,
          jwks: members.jwks ? JSON.stringify(members.jwks, null, 2) : "",
        }}
        known
        disabled=${Boolean(managed_by)}
        onSubmit=${page.change}
      />
    `}
  <//>
`;

/** @param {{ initial: any, known?: boolean, onSubmit: (value: any) => any, [property: string]: any }} props */
const Fields = ({ initial, known, onSubmit, ...rest }) => {
  const send = (value) => {
    // A control named `matches` would hide the method of that name of its form.
    const { issuer, jwks, match, ...members } = value;
    let keys = {};
    if (jwks.trim() && jwks !== initial.jwks) {
      try {
        keys = { jwks: JSON.parse(jwks) };
      } catch {
        throw Object.assign(new Error('must be JSON: {"keys": […]}'), { field: "jwks" });
      }
    }
    // Keys by value and by address take each other's place.
    if (keys.jwks || (!members.jwks_uri && jwks.trim())) delete members.jwks_uri;
    return onSubmit({ ...members, matches: match, ...keys, ...(known ? {} : { issuer }) });
  };
  return html`
    <${Form} initial=${initial} onSubmit=${send} ...${rest}>
      ${!known && html`
        <${Text}
          name="issuer"
          label="Issuer (iss)"
          mono
          autofocus
          hint="Character for character as its assertions have it."
        />
      `}
      <${Text}
        name="jwks_uri"
        label="URL of its public keys (JWK Set)"
        mono
        type="url"
        hint="An https address, fetched when a key is not known (jwks_uri). Or give the keys themselves below."
      />
      <${Area}
        name="jwks"
        label="Its public keys"
        rows=${4}
        hint=${'JSON, as in {"keys": […]}. They take the place of the address.'}
      />
      <${Text}
        name="audience"
        label="Audience (aud)"
        mono
        hint="What its assertions say in aud. Left empty: this server's issuer."
      />
      <${Text} name="subject_claim" label="Claim that names the user" mono />
      <${Select}
        name="match"
        label="What of the user stands in it"
        options=${[
          ["sub", "sub"],
          ["username", "username"],
          ["email", "a verified e-mail address"],
        ]}
      />
      <${Lines}
        name="clients"
        label="Clients that may use its assertions"
        hint="A client_id a line. A client that is taken out loses the tokens that it got by an assertion."
      />
      <${Text}
        name="scope"
        label="At most these scopes"
        mono
        hint="No token that is got by its assertions holds more."
      />
    <//>
  `;
};
