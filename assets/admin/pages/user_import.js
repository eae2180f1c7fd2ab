import { html, useEffect, useState } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import { leaving } from "../ui/form.js";
import { download } from "../parts/download.js";
import { Badge, Button, Card, Head, Link$, Note, number, toast } from "../ui/kit.js";
import { Table } from "../ui/table.js";

const EXAMPLE =
  "username,email,given_name,family_name,teams\nnina,nina@example.com,Nina,Hansen,acme;club:admin";
const people = (n) => (n === 1 ? "one user" : `${number(n)} users`);

export default () => {
  const [csv, setCsv] = useState("");
  const [found, setFound] = useState(null);
  const [made, setMade] = useState(null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [links, setLinks] = useState(true);
  const change = (next) => {
    setCsv(next);
    setFound(null);
    setError(null);
  };
  const choose = async (event) => {
    const [file] = event.target.files;
    if (file) change(await file.text());
  };
  const run = async (work) => {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  const preview = () => run(async () => setFound(await api.post("/users/import", { csv, dry_run: true })));
  const create = () =>
    run(async () => {
      const { users } = await api.post("/users/import", { csv, links });
      toast(`${people(users.length)} made.`);
      setMade(users);
    });
  if (made) return html`<${Made} users=${made} />`;
  return html`
    <${Head}
      title="Import users"
      lead="Many at once, from a spreadsheet saved as CSV. First you are shown what would be made."
    />
    <${Card} label="The file">
      <p>
        The first row names the columns: <code>username</code> and any of <code>email</code>,${" "}
        <code>email_verified</code>, <code>given_name</code>, <code>family_name</code>, <code>locale</code>,${" "}
        <code>zoneinfo</code> and <code>teams</code>, where <code>acme;club:admin</code> is two teams, the
        second as its admin. At most 1,000 users.
      </p>
      <label class="field">
        <span class="label">File</span>
        <input type="file" accept=".csv,text/csv" onChange=${choose} />
      </label>
      <label class="field">
        <span class="label">Or its text</span>
        <textarea
          class="mono"
          rows=${8}
          spellcheck=${false}
          value=${csv}
          placeholder=${EXAMPLE}
          onInput=${(event) => change(event.currentTarget.value)}
        ></textarea>
      </label>
      ${error && html`
        <${Note} kind="bad" role="alert" title="Nobody was made.">
          <ul>
            ${error.message.split("\n").map((line) => html`
              <li key=${line}>${line}</li>
            `)}
          </ul>
        <//>
      `}
      <div class="actions">
        <${Button} icon="eye" kind=${found ? "" : "primary"} busy=${busy} onClick=${preview}>
          Show what would be made
        <//>
        <${Button} onClick=${() => navigate(href("users"))}>Cancel<//>
      </div>
    <//>
    ${found &&
      (found.wrong.length > 0 ? html`
        <${Mistakes} wrong=${found.wrong} />
      ` : html`
        <${Card} title=${`This makes ${people(found.users.length)}`} flush>
          <${Rows} users=${found.users} />
        <//>
        <${Card} label="Create them">
          <label class="option">
            <input
              type="checkbox"
              checked=${links}
              onChange=${(event) => setLinks(event.currentTarget.checked)}
            />
            <span>
              Make an invitation for each
              <small>
                A link on which they choose a password. It works once, within 7 days. You are shown them
                this one time.
              </small>
            </span>
          </label>
          <div class="actions">
            <${Button} kind="primary" busy=${busy} onClick=${create}>
              Create ${people(found.users.length)}
            <//>
          </div>
        <//>
      `)}
  `;
};

const Mistakes = ({ wrong }) => html`
  <div role="alert">
    <${Card} title=${wrong.length === 1 ? "One thing is wrong" : `${number(wrong.length)} things are wrong`} flush>
      <${Table}
        label="What is wrong in the file"
        columns=${[
          { title: "Line", kind: "number", cell: (one) => one.line },
          {
            title: "Column",
            kind: "fit",
            cell: (one) => (one.column ? html`<code>${one.column}</code>` : html`<span class="soft">–</span>`),
          },
          { title: "What is wrong", kind: "prose", cell: (one) => one.reason },
        ]}
        rows=${wrong}
        keyOf=${(one) => `${one.line} ${one.column} ${one.reason}`}
      />
    <//>
  </div>
`;

const Rows = ({ users }) => html`
  <${Table}
    label="Users"
    columns=${[
      {
        title: "Username",
        cell: (user) =>
          user.sub ? html`
            <${Link$} to=${`users/${encodeURIComponent(user.sub)}`}>${user.username}<//>
          ` : (
            user.username
          ),
      },
      {
        title: "Name",
        cell: (user) =>
          [user.given_name, user.family_name].filter(Boolean).join(" ") || html`<span class="soft">–</span>`,
      },
      { title: "Email", cell: (user) => user.email || html`<span class="soft">–</span>` },
      {
        title: "Teams",
        cell: (user) => html`
          <span class="badges">
            ${user.teams.map((team) => html`
              <${Badge} key=${team.id}>
                ${team.id}
                ${team.role === "admin" ? " (admin)" : ""}
              <//>
            `)}
          </span>
        `,
      },
    ]}
    rows=${users}
    keyOf=${(user) => user.line}
  />
`;

const Made = ({ users }) => {
  const [saved, setSaved] = useState(!users.some((user) => user.link));
  useEffect(
    () => (saved ? undefined : leaving(() => window.confirm("Leave without saving the links?"))),
    [saved],
  );
  const save = () => {
    download("invitations.csv", invitations(users), "text/csv");
    setSaved(true);
  };
  return html`
    <${Head}
      title=${`${people(users.length)} made`.replace(/^one/, "One")}
      actions=${html`<${Button} onClick=${() => navigate(href("users"))}>All users<//>`}
    />
    ${users.some((user) => user.link) && html`
      <${Note} kind=${saved ? "info" : "warn"} title="Save the links now.">
        They are stored as hashes and cannot be shown again. Each works once, within 7 days. Keyfob sends no
        mail: hand them out yourself.
        <div class="actions">
          <${Button} icon="download" kind="primary small" onClick=${save}>
            Download invitations.csv
          <//>
        </div>
      <//>
    `}
    <${Card} title="Those who were made" flush>
      <${Rows} users=${users} />
    <//>
  `;
};

// RFC 4180. A text that a spreadsheet would take for a formula is kept one.
const cell = (text) => {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
};
const invitations = (users) =>
  [
    ["username", "email", "link", "good_until"],
    ...users
      .filter((user) => user.link)
      .map(({ username, email, link }) => [username, email || "", link.url, link.expires_at]),
  ]
    .map((row) => `${row.map(cell).join(",")}\r\n`)
    .join("");
