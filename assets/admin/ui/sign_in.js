// Sign-in to the admin page, with a server account and without OAuth: it must work when the issuer, the certificate
// or a client is misconfigured.
import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Icon } from "./icon.js";
import { Note } from "./basics.js";
import { Dialog } from "./dialog.js";

export const SignIn = (props) => html`
  <main class="alone">
    <p class="brand">
      <${Icon} name="fingerprint" size=${28} /> <b>Keyfob</b>
    </p>
    <h1>Sign in to the admin page</h1>
    <${Ways} ...${props} />
  </main>
`;

// Sign-in in a dialog; the page below keeps its unsaved input. Another user starts with a new page.
export const SignInAgain = ({ session, onDone }) => {
  const done = async () => {
    const { admin } = await api.get("/session");
    if (!admin || admin.sub !== session.admin.sub) location.reload();
    else onDone(true);
  };
  return html`
    <${Dialog} title="Sign in again" onClose=${() => onDone(false)}>
      <p>Your session expired. Your unsaved changes are kept.</p>
      <${Ways} session=${session} onDone=${done} username=${session.admin.username} />
    <//>
  `;
};

const Ways = ({ session, onDone, username = "" }) => {
  const [error, setError] = useState(/** @type {import("../api.js").Problem | null} */ (null));
  const [busy, setBusy] = useState(false);
  const send = async (credentials) => {
    setBusy(true);
    setError(null);
    try {
      await api.post("/session", credentials);
      onDone();
    } catch (problem) {
      setError(problem.message);
      setBusy(false);
    }
  };
  const submit = (event) => {
    event.preventDefault();
    const fields = new FormData(event.target);
    send({ username: fields.get("username"), password: fields.get("password") });
  };
  return html`
    ${!session.has_admin ? html`
      <${Note} kind="warn">
        This server has no administrator yet. Open the setup link from the server console, or run${" "}
        <code>keyfob setup-url</code> to get a new one.
      <//>
    ` : html`
      ${session.personas.length > 0 && html`
        <ul class="personas">
          ${session.personas.map((one) => html`
            <li key=${one.username}>
              <button
                type="button"
                class="button"
                disabled=${busy}
                onClick=${() => send({ username: one.username, persona: true })}
              >
                <${Icon} name="user-check" />
                <span>
                  Continue as <b>${one.name}</b>
                </span>
              </button>
            </li>
          `)}
        </ul>
      `}
      <form onSubmit=${submit}>
        ${error && html`
          <${Note} kind="bad" role="alert">
            ${error}
          <//>
        `}
        <div class="field">
          <label class="label" for="username">
            Username or email
          </label>
          <input
            id="username"
            name="username"
            defaultValue=${username}
            autocomplete="username"
            autocapitalize="none"
            spellcheck=${false}
            required
            autofocus=${!username}
          />
        </div>
        <div class="field">
          <label class="label" for="password">
            Password
          </label>
          <input
            id="password"
            name="password"
            type="password"
            autocomplete="current-password"
            required
            autofocus=${Boolean(username)}
          />
        </div>
        <button
          id="login-submit"
          type="submit"
          class="button primary full"
          disabled=${busy}
          aria-busy=${busy ? "true" : undefined}
        >
          Sign in
        </button>
      </form>
    `}
  `;
};
