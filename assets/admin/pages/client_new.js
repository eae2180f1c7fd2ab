import { html, useState } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import { Head, Link } from "../ui/kit.js";
import { Form, Lines, Text } from "../ui/form.js";
import { KINDS, redirectWarning } from "../kinds.js";
import { keepSecret } from "../secret.js";

export default ({ query }) => {
  const [kind, setKind] = useState(KINDS.find((one) => one.id === query.kind) || null);
  const create = async (value) => {
    const { client_id, ...members } = value;
    const made = await api.post("/clients", {
      ...kind?.defaults,
      ...members,
      ...(client_id ? { client_id } : {}),
    });
    keepSecret(made.client.client_id, made.client_secret);
    navigate(href(`clients/${encodeURIComponent(made.client.client_id)}`), { force: true });
  };
  return html`
    <${Head} title="New client" lead="Pick a type, name it, add a redirect URI." />
    <h2>What are you building?</h2>
    <div class="kinds">
      ${KINDS.map((one) => html`
        <button
          type="button"
          key=${one.id}
          aria-pressed=${kind === one ? "true" : "false"}
          onClick=${() => setKind(one)}
        >
          <b>${one.title}</b>
          <small>${one.about}</small>
        </button>
      `)}
    </div>
    ${kind && html`
      <br />
      <${Form}
        key=${kind.id}
        initial=${{ client_name: "", client_id: "", scope: kind.defaults.scope }}
        submit="Create client"
        onSubmit=${create}
        onCancel=${() => navigate(href("clients"))}
      >
        <${Text} name="client_name" label="Name" hint="Shown to users when they sign in." autofocus />
        ${kind.redirects && html`
          <${Lines}
            name="redirect_uris"
            label="Redirect URIs"
            warn=${redirectWarning}
            hint=${
              kind.id === "native"
                ? "Where users return after sign-in. One per line. http://127.0.0.1/callback matches any port."
                : "Where users return after sign-in. One per line, exactly as the client sends it."
            }
          />
        `}
        <${Text}
          name="scope"
          label="Scopes"
          mono
          hint="Scopes this client can request, separated by spaces."
        />
        <${Text} name="client_id" label="Client ID" mono hint="Leave empty to generate one." />
      <//>
    `}
    <p>
      <${Link} to="clients">All clients<//>
    </p>
  `;
};
