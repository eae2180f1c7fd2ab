// The one-time link on which a user chooses a password: made, shown once, withdrawn.
import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Button, CopyButton, Note, Time, toast } from "../ui/kit.js";
import { forgetSecret, keepSecret, secretOf } from "../secret.js";

const path = (user) => `/users/${encodeURIComponent(user.sub)}/link`;
const key = (user) => `link of ${user.sub}`;

// Makes a link and keeps it until it has been copied.
export const makeLink = async (user) => {
  const link = await api.post(path(user));
  keepSecret(key(user), link);
  return link;
};

// What was just made, until somebody says that they have it.
export const NewLink = ({ user }) => {
  const [, setVersion] = useState(0);
  const link = secretOf(key(user));
  // Used, withdrawn or replaced since.
  if (!link || !user.password_link || user.password_link.expires_at !== link.expires_at) return null;
  return html`
    <${Note} kind="warn" title="Copy the link now.">
      It is stored as a hash and cannot be shown again. Keyfob sends no mail: hand it to ${user.username}${" "}
      yourself. It works once, until <${Time} at=${link.expires_at} full />.
      <div class="secret">
        <code data-secret>${link.url}</code>
        <${CopyButton} text=${link.url} what="The link is copied." kind="primary small" />
        <${Button}
          kind="small"
          onClick=${() => {
            forgetSecret(key(user));
            setVersion((n) => n + 1);
          }}
        >
          I have it
        <//>
      </div>
    <//>
  `;
};

// The part of the password card: what is outstanding, and what can be done.
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
  if (user.disabled)
    return html`<p class="soft">Enable this user first to make a link on which a password is chosen.</p>`;
  return html`
    <p>
      ${link ? html`
        ${link.purpose === "invite" ? "An invitation" : "A reset link"} is outstanding:${" "}
        <b>
          good until <${Time} at=${link.expires_at} full />
        </b>
        .
      ` : user.has_password ? (
        "A reset link lets them choose a new one. It works once, within an hour, and then ends every session of theirs."
      ) : (
        "An invitation is a link on which they choose one. It works once, within 7 days."
      )}
    </p>
    <div class="actions start">
      <${Button} icon="link" onClick=${() => run(() => makeLink(user))}>
        ${link ? "Make another" : user.has_password ? "Make a reset link" : "Make an invitation"}
      <//>
      ${link && html`
        <${Button}
          kind="danger"
          onClick=${() => run(() => api.delete(path(user)), "The link does not work any more.")}
        >
          Withdraw
        <//>
      `}
    </div>
  `;
};
