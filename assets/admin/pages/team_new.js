import { html } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import { Head } from "../ui/kit.js";
import { Form, Text } from "../ui/form.js";

export default () => {
  const create = async ({ id, name }) => {
    const team = await api.post("/teams", { id, name });
    navigate(href(`teams/${encodeURIComponent(team.id)}`), { force: true });
  };
  return html`
    <${Head} title="New team" />
    <${Form}
      initial=${{ id: "", name: "" }}
      submit="Create team"
      onSubmit=${create}
      onCancel=${() => navigate(href("teams"))}
    >
      <${Text} name="name" label="Name" autofocus />
      <${Text}
        name="id"
        label="ID"
        mono
        hint="Used as team_id in tokens. Letters, digits and -_.: only. Cannot be changed later."
      />
    <//>
  `;
};
