import { html } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import { Head, toast } from "../ui/kit.js";
import { Check, Form, Select, Text } from "../ui/form.js";
import { makeLink } from "../parts/password_link.js";

const HOW = [
  ["link", "Create an invitation link"],
  ["here", "Set a password now"],
  ["none", "No password"],
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
    // The user exists even if the link fails; their page can create another.
    const link =
      how === "link" && (await makeLink(user).catch((problem) => toast(problem.message, { kind: "bad" })));
    toast(
      user.has_password
        ? `Created ${user.username}.`
        : link
          ? `Created ${user.username}. Share the invitation link.`
          : `Created ${user.username}. The user cannot sign in until a password is set.`,
    );
    navigate(href(`users/${encodeURIComponent(user.sub)}`), { force: true });
  };
  return html`
    <${Head} title="New user" lead="An account that can sign in with a username and password." />
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
          hint="Select this only if you know that the address belongs to the user. Apps see it as verified."
        />
        <${Text} name="given_name" label="Given name" autocomplete="off" />
        <${Text} name="family_name" label="Family name" autocomplete="off" />
        <${Select}
          name="how"
          label="Password"
          options=${HOW}
          hint=${
            value.how === "link"
              ? "The link is shown after you create the user. It expires in 7 days and can be used once. Keyfob " +
                "does not send email: share it yourself."
              : null
          }
        />
        ${value.how === "here" && html`
          <${Text}
            name="password"
            label="New password"
            type="password"
            autocomplete="new-password"
            hint="At least 8 characters. Share it with the user, who can change it on the account page."
          />
        `}
        <${Check}
          name="admin"
          label="Administrator"
          hint="Full access to this admin page and the admin API."
        />
      `}
    <//>
  `;
};
