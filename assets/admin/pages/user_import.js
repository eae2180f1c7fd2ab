import { html, useEffect, useState } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import { leaving } from "../ui/form.js";
import { download } from "../parts/download.js";
import { Badge, Button, Card, Head, Link, Note, plural, toast } from "../ui/kit.js";
import { Table } from "../ui/table.js";

const EXAMPLE =
  "username,email,given_name,family_name,teams\nnina,nina@example.com,Nina,Hansen,acme;club:admin";
const counted = (n) => plural(n, "user");

export default () => {
  const [csv, setCsv] = useState("");
  const [found, setFound] = useState(/** @type {Record<string, any> | null} */ (null));
  const [made, setMade] = useState(/** @type {Record<string, any>[] | null} */ (null));
  const [error, setError] = useState(/** @type {import("../api.js").Problem | null} */ (null));
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
      toast(`${counted(users.length)} created.`);
      setMade(users);
    });
  if (made) return html`<${Made} users=${made} />`;
  return html`
    <${Head} title="Import users" lead="Create many users from a CSV file. You preview them first." />
    <${Card} label="CSV file">
      <p>
        The first row contains the column names: <code>username</code>, and optionally <code>email</code>,${" "}
        <code>email_verified</code>, <code>given_name</code>, <code>family_name</code>, <code>locale</code>,${" "}
        <code>zoneinfo</code> and <code>teams</code>, for example <code>acme;club:admin</code> for two teams,
        with the admin role in the second. Up to 1,000 users.
      </p>
      <label class="field">
        <span class="label">File</span>
        <input type="file" accept=".csv,text/csv" onChange=${choose} />
      </label>
      <label class="field">
        <span class="label">Or paste its content</span>
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
        <${Note} kind="bad" role="alert" title="No users created.">
          <ul>
            ${error.message.split("\n").map((line) => html`
              <li key=${line}>${line}</li>
            `)}
          </ul>
        <//>
      `}
      <div class="actions">
        <${Button} icon="eye" kind=${found ? "" : "primary"} busy=${busy} onClick=${preview}>
          Preview users
        <//>
        <${Button} onClick=${() => navigate(href("users"))}>Cancel<//>
      </div>
    <//>
    ${found &&
      (found.wrong.length > 0 ? html`
        <${Mistakes} wrong=${found.wrong} />
      ` : html`
        <${Card} title=${`Preview: ${counted(found.users.length)}`} flush>
          <${Rows} users=${found.users} />
        <//>
        <${Card} label="Create users">
          <label class="option">
            <input
              type="checkbox"
              checked=${links}
              onChange=${(event) => setLinks(event.currentTarget.checked)}
            />
            <span>
              Create an invitation link for each user
              <small>
                Users choose their password with it. Each link expires in 7 days and can be used once. The
                links are shown only once.
              </small>
            </span>
          </label>
          <div class="actions">
            <${Button} kind="primary" busy=${busy} onClick=${create}>
              Create ${counted(found.users.length)}
            <//>
          </div>
        <//>
      `)}
  `;
};

const Mistakes = ({ wrong }) => html`
  <div role="alert">
    <${Card} title=${`${plural(wrong.length, "problem")} in the file`} flush>
      <${Table}
        label="Problems in the file"
        columns=${[
          { title: "Line", kind: "number", cell: (one) => one.line },
          {
            title: "Column",
            kind: "fit",
            cell: (one) => (one.column ? html`<code>${one.column}</code>` : html`<span class="soft">–</span>`),
          },
          { title: "Problem", kind: "prose", cell: (one) => one.reason },
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
          user.sub ? html`<${Link} to=${`users/${encodeURIComponent(user.sub)}`}>${user.username}<//>` : user.username,
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
    () =>
      saved
        ? undefined
        : leaving(() =>
            window.confirm("You have not saved the links and cannot view them again. Leave anyway?"),
          ),
    [saved],
  );
  const save = () => {
    download("invitations.csv", invitations(users), "text/csv");
    setSaved(true);
  };
  return html`
    <${Head}
      title=${`${plural(users.length, "user")} created`}
      actions=${html`<${Button} onClick=${() => navigate(href("users"))}>All users<//>`}
    />
    ${users.some((user) => user.link) && html`
      <${Note} kind=${saved ? "info" : "warn"} title="Save the links now.">
        You cannot view them again. Each link expires in 7 days and can be used once. Keyfob does not send
        email: share the links yourself.
        <div class="actions">
          <${Button} icon="download" kind="primary small" onClick=${save}>
            Download invitations.csv
          <//>
        </div>
      <//>
    `}
    <${Card} title="Created users" flush>
      <${Rows} users=${users} />
    <//>
  `;
};

// RFC 4180. A text that a spreadsheet would read as a formula stays a text.
const cell = (text) => {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
};
const invitations = (users) =>
  [
    ["username", "email", "link", "expires_at"],
    ...users
      .filter((user) => user.link)
      .map(({ username, email, link }) => [username, email || "", link.url, link.expires_at]),
  ]
    .map((row) => `${row.map(cell).join(",")}\r\n`)
    .join("");
