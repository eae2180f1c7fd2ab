import { html } from "../html.js";
import { api } from "../api.js";
import { href } from "../router.js";
import { Badge, Button, Card, Id, Tabs, confirm, toast } from "../ui/kit.js";
import { ObjectPage } from "../parts/object_page.js";
import { Check, Form, Text } from "../ui/form.js";
import { SessionList } from "../parts/sessions.js";
import { GrantList, TokenList } from "../parts/issued.js";
import { EventList } from "../parts/events.js";
import { Memberships } from "../parts/memberships.js";
import { LinkActions, NewLink } from "../parts/password_link.js";

const TABS = [
  { id: "", title: "Profile" },
  { id: "teams", title: "Teams" },
  { id: "sessions", title: "Sessions" },
  { id: "grants", title: "Grants" },
  { id: "tokens", title: "Tokens" },
  { id: "activity", title: "Activity" },
];
const EDITED = {
  username: "",
  email: "",
  email_verified: false,
  given_name: "",
  family_name: "",
  locale: "",
  zoneinfo: "",
  picture: "",
  admin: false,
  allow_delegation: true,
};

export default ({ params }) => {
  const { id } = params;
  const to = (tab) => href(`users/${encodeURIComponent(id)}${tab ? `/${tab}` : ""}`);
  const signOut = async (user, { path, run }) => {
    if (
      await confirm({
        title: `Sign ${user.username} out everywhere?`,
        action: "Sign out",
        danger: true,
        text: "All sessions, grants and tokens of this user are revoked immediately.",
      })
    ) {
      await run(() => api.post(`${path}/sign-out`), `Signed ${user.username} out everywhere.`);
    }
  };
  return html`
    <${ObjectPage}
      list="users"
      id=${id}
      keyOf=${(user) => user.sub}
      called=${(user) => user.username}
      title=${(user) => user.username}
      lead=${(user) => html`
        <span class="badges">
          <${Id}>${user.sub}<//>
          ${user.admin && html`<${Badge} kind="info">Administrator<//>`}
          ${user.disabled && html`<${Badge} kind="bad">Disabled<//>`}
        </span>
      `}
      actions=${(user, page) => html`
        <${Button} icon="log-out" onClick=${() => signOut(user, page)}>
          Sign out everywhere
        <//>
        ${!user.managed_by && html`
          <${Button}
            onClick=${() =>
              page.run(() => api.patch(page.path, { disabled: !user.disabled }, page.etag), "Saved.")
            }
          >
            ${user.disabled ? "Enable" : "Disable"}
          <//>
        `}
      `}
      stays="Revoked sessions and tokens stay revoked."
      deletion=${(user) => ({
        title: `Delete ${user.username}?`,
        action: "Delete user",
        name: user.username,
        text: "The account is deleted and its sessions and tokens are revoked immediately. The sub is never reused.",
      })}
    >
      ${(user, { path, etag, reload }) => html`
        <${NewLink} key=${etag} user=${user} />
        <${Tabs} tabs=${TABS} active=${params.tab || ""} to=${to} />
        ${params.tab === "teams" ? html`
          <${Memberships} user=${user} reload=${reload} />
        ` : params.tab === "sessions" ? html`
          <${SessionList} user=${user.sub} />
        ` : params.tab === "grants" ? html`
          <${GrantList} fixed=${{ sub: user.sub }} />
        ` : params.tab === "tokens" ? html`
          <${TokenList} fixed=${{ sub: user.sub }} />
        ` : params.tab === "activity" ? html`
          <${EventList} fixed=${{ subject: user.sub }} />
        ` : html`
          <${Profile} user=${user} path=${path} etag=${etag} reload=${reload} />
        `}
      `}
    <//>
  `;
};

const Profile = ({ user, path, etag, reload }) => {
  const initial = Object.fromEntries(
    Object.entries(EDITED).map(([name, absent]) => [name, user[name] ?? absent]),
  );
  const save = async (value) => {
    const changed = Object.entries(value).filter(([name, now]) => now !== initial[name]);
    await api.patch(
      path,
      Object.fromEntries(changed.map(([name, now]) => [name, now === "" ? null : now])),
      etag,
    );
    toast("Saved.");
    reload();
  };
  const setPassword = async ({ password }) => {
    await api.patch(path, { password }, etag);
    toast("Password set. The user is signed out everywhere.");
    reload();
  };
  const locked = Boolean(user.managed_by);
  return html`
    <div class="columns">
      <${Card} title="Profile">
        <${Form} onStale=${reload} initial=${initial} onSubmit=${save} disabled=${locked}>
          <${Text} name="username" label="Username" autocomplete="off" />
          <${Text} name="email" label="Email" type="email" autocomplete="off" />
          <${Check}
            name="email_verified"
            label="Email is verified"
            hint="A new email is not verified, unless you confirm it here after you save."
          />
          <${Text} name="given_name" label="Given name" autocomplete="off" />
          <${Text} name="family_name" label="Family name" autocomplete="off" />
          <${Text} name="locale" label="Language" hint="For example nb or en-GB." />
          <${Text} name="zoneinfo" label="Time zone" hint="For example Europe/Oslo." />
          <${Text} name="picture" label="Picture" hint="URL of an image." />
          <${Check} name="admin" label="Administrator" hint="Full access to this admin page and the admin API." />
          <${Check}
            name="allow_delegation"
            label="Allow delegation"
            hint="Let others act for this user with delegated tokens."
          />
        <//>
      <//>
      <${Card} title="Password">
        <p class="soft">${user.has_password ? "Password set." : "No password."}</p>
        ${!(locked && user.has_password) && html`<${LinkActions} user=${user} reload=${reload} />`}
        <h3>Set a password</h3>
        <${Form}
          key=${`password-${etag}`}
          initial=${{ password: "" }}
          submit="Set password"
          onSubmit=${setPassword}
          disabled=${locked}
        >
          <${Text}
            name="password"
            label="New password"
            type="password"
            autocomplete="new-password"
            hint="At least 8 characters. Signs the user out everywhere."
          />
        <//>
      <//>
    </div>
  `;
};
