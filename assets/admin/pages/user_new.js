import { html } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import { Head, toast } from "../ui/kit.js";
import { Check, Form, Text } from "../ui/form.js";

export default () => {
  const create = async (value) => {
    const given = Object.fromEntries(Object.entries(value).filter(([, one]) => one !== "" && one !== false));
    const user = await api.post("/users", given);
    toast(user.has_password ? `${user.username} can sign in.` : `${user.username} is made, and cannot sign in without a password.`);
    navigate(href(`users/${encodeURIComponent(user.sub)}`), { force: true });
  };
  return html`<${Head} title="New user" lead="Somebody who can sign in with a name and a password." />
    <${Form} initial=${{ username: "", email: "", given_name: "", family_name: "", password: "", admin: false }} submit="Create user" onSubmit=${create} onCancel=${() => navigate(href("users"))}>
      <${Text} name="username" label="Username" autocomplete="off" autofocus />
      <${Text} name="email" label="Email" type="email" autocomplete="off" />
      <${Text} name="given_name" label="Given name" autocomplete="off" />
      <${Text} name="family_name" label="Family name" autocomplete="off" />
      <${Text} name="password" label="Password" type="password" autocomplete="new-password" hint="At least 8 characters. Tell it to them; they can change it on their account page." />
      <${Check} name="admin" label="Administrator" hint="May do everything on this page." />
    <//>`;
};
