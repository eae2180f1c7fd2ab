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
    <${Head} title="New API" lead="Clients ask for it by its URI, and its tokens name that URI in aud." />
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
        hint="Where it is, as in https://api.example.com/notes. It cannot be changed later."
      />
      <${Text}
        name="name"
        label="Name"
        hint="People see it when they are asked. Left empty, the URI serves as one."
      />
      <${Text}
        name="scopes"
        label="Its scopes"
        mono
        hint="Granted only together with this API, separated by spaces. They must be among the scopes already."
      />
    <//>
  `;
};
