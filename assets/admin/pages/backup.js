import { html, useState } from "../html.js";
import { api } from "../api.js";
import {
  Button,
  Card,
  Empty,
  Head,
  Id,
  Loading,
  Note,
  Time,
  confirm,
  number,
  toast,
  useLoad,
} from "../ui/kit.js";
import { Table } from "../ui/table.js";

/** @type {[string, number][]} */
const SIZES = [
  ["GB", 1e9],
  ["MB", 1e6],
  ["kB", 1e3],
  ["bytes", 0],
];
const size = (bytes) => {
  const [unit, least] = SIZES.find(([, least]) => bytes >= least) ?? ["bytes", 0];
  const by = least || 1;
  return `${number(Math.round((bytes / by) * 10) / 10)} ${unit}`;
};

/** @type {[string, number][]} */
const SPANS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
const span = (seconds) => {
  const [unit, by] = SPANS.find(([, by]) => seconds % by === 0) ?? ["second", 1];
  return seconds === by ? `every ${unit}` : `every ${number(seconds / by)} ${unit}s`;
};

export default () => {
  const state = useLoad(() => api.get("/backup"), []);
  return html`
    <${Head} title="Backup & restore" lead="All data of this server is in one database file." />
    <${Loading} state=${state}>
      ${(found) => html`
        ${found.last.restore_failed && html`
          <${Note} kind="bad" role="alert" title="The last restore failed.">
            ${found.last.restore_failed}
          <//>
        `}
        ${found.last.backup_failed && html`
          <${Note} kind="bad" role="alert" title="The last scheduled backup failed.">
            ${found.last.backup_failed}
          <//>
        `}
        <div class="columns">
          <${Download} bytes=${found.database_bytes} />
          <${Upload} uploaded=${found.uploaded} bad=${found.upload_error} reload=${state.reload} />
        </div>
        <${Scheduled} found=${found} />
      `}
    <//>
  `;
};

async function take(path) {
  if (await api.fresh()) location.assign(api.href(path));
}

const Download = ({ bytes }) => html`
  <${Card} title="Download a backup">
    <p>A copy of the current database (${size(bytes)}), made without downtime.</p>
    <${Note} kind="warn" title="Store it securely.">
      It contains the signing keys and the hashes of all passwords and secrets.
    <//>
    <div class="actions">
      <${Button} kind="primary" icon="download" onClick=${() => take("/backup/download")}>
        Download backup
      <//>
    </div>
  <//>
`;

const Upload = ({ uploaded, bad, reload }) => {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {string | null} */ (null));
  const send = async (event) => {
    const [file] = event.target.files;
    if (!file) return;
    setBusy(true);
    setError(null);
    try {
      await api.upload("/backup/upload", file);
      reload();
    } catch (problem) {
      setError(problem.message);
    }
    setBusy(false);
  };
  const forget = async () => {
    try {
      await api.delete("/backup/upload");
      reload();
    } catch (problem) {
      toast(problem.message, { kind: "bad" });
    }
  };
  return html`
    <${Card} title="Restore a backup">
      ${uploaded ? html`
        <${Contents} of=${uploaded} />
        <div class="actions">
          <${Button} onClick=${forget}>Discard<//>
          <${RestoreButton} what="the uploaded backup" />
        </div>
      ` : bad ? html`
        <${Note} kind="bad" role="alert" title="Cannot restore this file.">
          ${bad}
        <//>
        <div class="actions">
          <${Button} onClick=${forget}>Discard<//>
        </div>
      ` : html`
        <p>
          Choose a file downloaded here or created with <code>keyfob backup</code>. It is checked first;
          nothing changes until you confirm.
        </p>
        <label class="field">
          <span class="label">Backup file</span>
          <input type="file" accept=".db,application/vnd.sqlite3" disabled=${busy} onChange=${send} />
        </label>
        <div role="status">${busy && "Checking the file…"}</div>
      `}
      ${error && html`
        <${Note} kind="bad" role="alert" title="Cannot restore this file.">
          ${error}
        <//>
      `}
    <//>
  `;
};

const Contents = ({ of }) => html`
  <${Note} kind="good" title="Valid Keyfob backup.">
    Ready to restore.
  <//>
  <dl class="facts">
    <div>
      <dt>Users, clients, teams</dt>
      <dd>
        ${number(of.users)}, ${number(of.clients)}, ${number(of.teams)}
      </dd>
    </div>
    <div>
      <dt>Latest event</dt>
      <dd>
        <${Time} at=${of.latest_event_at} full />
      </dd>
    </div>
    <div>
      <dt>Issuer</dt>
      <dd>
        <code>${of.issuer || "–"}</code>
      </dd>
    </div>
    <div>
      <dt>Size</dt>
      <dd>${size(of.bytes)}</dd>
    </div>
  </dl>
`;

/** @param {{ what: string, name?: string, kind?: string }} props */
const RestoreButton = ({ what, name, kind = "danger solid" }) => {
  const [busy, setBusy] = useState(false);
  const restore = async () => {
    let signOutAll = false;
    const agreed = await confirm({
      title: `Restore ${what}?`,
      action: "Restore",
      danger: true,
      name: "restore",
      text: html`
        <p>The server restarts with the backup. The current database is kept as a file in the same folder.</p>
        <p>You are signed out. All access tokens are revoked; clients request new ones automatically.</p>
        <p>
          If this server uses keyfob.toml, the file is applied again. Users, teams and clients that it no
          longer declares are disabled; scopes, APIs and trusted issuers are deleted.
        </p>
        <label class="option">
          <input
            type="checkbox"
            onChange=${(event) => {
              signOutAll = event.currentTarget.checked;
            }}
          />
          <span>
            Sign everyone out
            <small>
              Otherwise sessions are restored as of the backup, including sessions revoked since then.
            </small>
          </span>
        </label>
      `,
    });
    if (!agreed) return;
    setBusy(true);
    try {
      await api.post("/backup/restore", { ...(name ? { name } : {}), sign_out_all: signOutAll });
      await untilBack();
      location.reload();
    } catch (problem) {
      toast(problem.message, { kind: "bad" });
      setBusy(false);
    }
  };
  return html`
    <${Button} kind=${kind} icon="rotate-ccw" busy=${busy} onClick=${restore}>
      Restore…
    <//>
  `;
};

// The server responds again once the backup is restored, and then no one is signed in. If the restore failed, the old
// database is still in use, and this session with it.
async function untilBack() {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, 150));
    const session = await api.get("/session").catch(() => null);
    if (session && (!session.admin || (await api.get("/backup")).last.restore_failed)) return;
  }
}

const Scheduled = ({ found }) => html`
  <${Card} title="Scheduled backups" flush>
    ${!found.folder ? html`
      <${Empty} icon="clock" title="No scheduled backups">
        <p>
          To back up automatically, set <code>backup_folder</code>, for example${" "}
          <code>keyfob serve --backup-folder backups</code>. The server then creates a backup${" "}
          ${span(found.every)} and keeps the latest ${number(found.keep)}.
        </p>
      <//>
    ` : html`
      <p class="inset">
        ${span(found.every)[0].toUpperCase() + span(found.every).slice(1)} to <code>${found.folder}</code>. The
        latest ${number(found.keep)} are kept.
      </p>
      ${found.items.length === 0 ? html`
        <${Empty} icon="clock" title="No backups yet">
          <p>The first backup is created within a minute after the server starts.</p>
        <//>
      ` : html`
        <${Table}
          label="Scheduled backups"
          columns=${[
            {
              title: "File",
              cell: (one) => html`<${Id}>${one.name}<//>`,
            },
            {
              title: "Created",
              kind: "fit",
              cell: (one) => html`<${Time} at=${one.made_at} />`,
            },
            { title: "Size", kind: "fit", cell: (one) => size(one.bytes) },
            {
              title: "Actions",
              kind: "action",
              cell: (one) => html`
                <${Button}
                  kind="small"
                  icon="download"
                  aria-label=${`Download ${one.name}`}
                  onClick=${() => take(`/backup/files/${one.name}`)}
                >
                  Download
                <//>
                <${RestoreButton} what=${one.name} name=${one.name} kind="small danger" />
              `,
            },
          ]}
          rows=${found.items}
          keyOf=${(one) => one.name}
        />
      `}
    `}
  <//>
`;
