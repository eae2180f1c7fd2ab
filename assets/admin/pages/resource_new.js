import { html } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import { Head } from "../ui/kit.js";
import { Form, Text } from "../ui/form.js";

export default () => {
  const create = async ({ uri, name, scopes }) => {
    const made = await api.post("/resources", { uri, scopes, ...(name ? { name } : {}) });
    navigate(href(`resources/${encodeURIComponent(made.uri)}`), { force: true });
  };
  return html`
    <${Head}
      title="New API"
      lead="Clients request tokens for an API by its URI. The URI becomes the audience (aud) of the token."
    />
    <${Form}
      initial=${{ uri: "", name: "", scopes: "" }}
      submit="Create API"
      onSubmit=${create}
      onCancel=${() => navigate(href("resources"))}
    >
      <${Text}
        name="uri"
        label="URI"
        mono
        type="url"
        autofocus
        hint="For example https://api.example.com/notes. Cannot be changed later."
      />
      <${Text} name="name" label="Name" hint="Shown to users on the consent page. Default: the URI." />
      <${Text}
        name="scopes"
        label="Scopes"
        mono
        hint="Existing scopes, granted only in tokens for this API. Separate with spaces."
      />
    <//>
  `;
};
