// A trusted issuer: created or changed.
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
      title="New trusted issuer"
      lead=${
        "Anyone who has the issuer's signing key can get tokens for your users, within the clients and scopes " +
        "you allow here."
      }
    />
    <${Fields}
      initial=${EMPTY}
      submit="Create trusted issuer"
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
    stays="Revoked tokens stay revoked."
    deletion=${(one) => ({
      title: "Delete this trusted issuer?",
      action: "Delete issuer",
      name: one.issuer,
      text:
        "Its assertions are rejected, and tokens that clients got with an assertion are revoked immediately. " +
        "Clients that also use another issuer must request new tokens. You can restore the issuer for 30 days; " +
        "revoked tokens stay revoked.",
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
        throw Object.assign(new Error('Must be JSON, for example {"keys": […]}.'), { field: "jwks" });
      }
    }
    // Keys and a JWKS URL exclude each other.
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
          hint="Exactly as in the iss claim of its assertions."
        />
      `}
      <${Text}
        name="jwks_uri"
        label="JWKS URL"
        mono
        type="url"
        hint="An https URL, fetched when an unknown key is used (jwks_uri). Or paste the keys below."
      />
      <${Area}
        name="jwks"
        label="Public keys (JWKS)"
        rows=${4}
        hint=${'JSON, for example {"keys": […]}. Replaces the JWKS URL.'}
      />
      <${Text}
        name="audience"
        label="Audience (aud)"
        mono
        hint="The aud claim of its assertions. Default: this server's issuer."
      />
      <${Text} name="subject_claim" label="User claim" mono />
      <${Select}
        name="match"
        label="Matches the user's"
        options=${[
          ["sub", "sub"],
          ["username", "username"],
          ["email", "verified email"],
        ]}
      />
      <${Lines}
        name="clients"
        label="Allowed clients"
        hint="Client IDs, one per line. If you remove a client, the tokens it got with an assertion are revoked."
      />
      <${Text}
        name="scope"
        label="Maximum scopes"
        mono
        hint="Tokens issued for its assertions never have more scopes than these."
      />
    <//>
  `;
};
