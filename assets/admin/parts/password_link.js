// One-time link to choose a password: created, shown once, revoked.
import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Button, CopyButton, Note, Time, toast } from "../ui/kit.js";
import { forgetSecret, keepSecret, secretOf } from "../secret.js";

const path = (user) => `/users/${encodeURIComponent(user.sub)}/link`;
const key = (user) => `link of ${user.sub}`;

// Creates a link and keeps it until it has been copied.
export const makeLink = async (user) => {
  const link = await api.post(path(user));
  keepSecret(key(user), link);
  return link;
};

// A link that was just created, until the administrator is done with it.
export const NewLink = ({ user }) => {
  const [, setVersion] = useState(0);
  const link = secretOf(key(user));
  // Used, revoked or replaced since.
  if (!link || !user.password_link || user.password_link.expires_at !== link.expires_at) return null;
  return html`
    <${Note} kind="warn" title="Copy the link now.">
      You cannot view it again. Keyfob does not send email: share the link with ${user.username} yourself. It can
      be used once, until <${Time} at=${link.expires_at} full />.
      <div class="secret">
        <code data-secret>${link.url}</code>
        <${CopyButton} text=${link.url} what="Link copied." kind="primary small" />
        <${Button}
          kind="small"
          onClick=${() => {
            forgetSecret(key(user));
            setVersion((n) => n + 1);
          }}
        >
          Done
        <//>
      </div>
    <//>
  `;
};

// Part of the password card: the link that is valid, and its actions.
export const LinkActions = ({ user, reload }) => {
  const run = async (work, done) => {
    try {
      await work();
      if (done) toast(done);
      reload();
    } catch (problem) {
      toast(problem.message, { kind: "bad" });
    }
  };
  const link = user.password_link;
  if (user.disabled) return html`<p class="soft">Enable this user to create a password link.</p>`;
  return html`
    <p>
      ${link ? html`
        ${link.purpose === "invite" ? "Invitation link created." : "Reset link created."} Valid until${" "}
        <b>
          <${Time} at=${link.expires_at} full />
        </b>
        .
      ` : user.has_password ? (
        "A reset link lets the user choose a new password. It expires in 1 hour and can be used once. " +
        "Using it signs the user out everywhere."
      ) : (
        "An invitation link lets the user choose a password. It expires in 7 days and can be used once."
      )}
    </p>
    <div class="actions start">
      <${Button} icon="link" onClick=${() => run(() => makeLink(user))}>
        ${link ? "Create new link" : user.has_password ? "Create reset link" : "Create invitation link"}
      <//>
      ${link && html`
        <${Button} kind="danger" onClick=${() => run(() => api.delete(path(user)), "Link revoked.")}>
          Revoke link
        <//>
      `}
    </div>
  `;
};
