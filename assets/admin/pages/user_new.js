import { html } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import { Head, toast } from "../ui/kit.js";
import { Check, Form, Select, Text } from "../ui/form.js";
import { makeLink } from "../parts/password_link.js";

const HOW = [
  ["link", "They choose it on a link"],
  ["here", "Set it here"],
  ["none", "None for now"],
];

export default () => {
  const create = async (value) => {
    const { how, password, ...members } = value;
    const given = Object.fromEntries(
      Object.entries(how === "here" ? { ...members, password } : members).filter(
        ([, one]) => one !== "" && one !== false,
      ),
    );
    const user = await api.post("/users", given);
    // The user is there, whatever comes of the link: their page makes another.
    const link =
      how === "link" && (await makeLink(user).catch((problem) => toast(problem.message, { kind: "bad" })));
    toast(
      user.has_password
        ? `${user.username} can sign in.`
        : link
          ? `${user.username} is made. Hand them the link.`
          : `${user.username} is made, and cannot sign in without a password.`,
    );
    navigate(href(`users/${encodeURIComponent(user.sub)}`), { force: true });
  };
  return html`
    <${Head} title="New user" lead="Somebody who can sign in with a name and a password." />
    <${Form}
      initial=${{
        username: "",
        email: "",
        email_verified: false,
        given_name: "",
        family_name: "",
        how: "link",
        password: "",
        admin: false,
      }}
      submit="Create user"
      onSubmit=${create}
      onCancel=${() => navigate(href("users"))}
    >
      ${({ value }) => html`
        <${Text} name="username" label="Username" autocomplete="off" autofocus />
        <${Text} name="email" label="Email" type="email" autocomplete="off" />
        <${Check}
          name="email_verified"
          label="Email is verified"
          hint="You know that the address belongs to this person. Apps see it as verified."
        />
        <${Text} name="given_name" label="Given name" autocomplete="off" />
        <${Text} name="family_name" label="Family name" autocomplete="off" />
        <${Select}
          name="how"
          label="First password"
          options=${HOW}
          hint=${
            value.how === "link"
              ? "The link works once, within 7 days. Keyfob sends no mail: you are shown it to hand on."
              : null
          }
        />
        ${value.how === "here" && html`
          <${Text}
            name="password"
            label="Password"
            type="password"
            autocomplete="new-password"
            hint="At least 8 characters. Tell it to them; they can change it on their account page."
          />
        `}
        <${Check} name="admin" label="Administrator" hint="May do everything on this page." />
      `}
    <//>
  `;
};
