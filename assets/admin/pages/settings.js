import { html } from "../html.js";
import { api } from "../api.js";
import { href } from "../router.js";
import { labelOf } from "../labels.js";
import { Badge, Card, Head, Loading, Note, Tabs, toast, useLoad } from "../ui/kit.js";
import { Check, Form, Lines, Select, Text } from "../ui/form.js";
import { ColorField, Logo, Preview } from "../parts/branding.js";

// Titles of the groups of settings. The groups themselves come from the settings.
const GROUPS = {
  general: ["General", "Network, storage, monitoring and backups."],
  branding: ["Branding", "How the sign-in and account pages look."],
  "sign-in": ["Sign-in", "How long users stay signed in."],
  tokens: ["Tokens", "Token lifetimes. Clients can override them."],
  registration: ["Client registration", "Clients that register themselves."],
};
const TITLES = Object.fromEntries(Object.entries(GROUPS).map(([id, [title]]) => [id, title]));
const group = (id) => ({
  id: id === "general" ? "" : id,
  title: labelOf(TITLES, id),
  lead: GROUPS[id]?.[1],
});
const OTHERS = [
  { id: "dev", title: "Development mode" },
  { id: "about", title: "About" },
];

const text = (value) =>
  value === null || value === undefined
    ? "Not set"
    : Array.isArray(value)
      ? value.join(", ") || "None"
      : value === true
        ? "On"
        : value === false
          ? "Off"
          : String(value);

// Source of a value; for a file its name and line, without the folder.
const source = (origin) =>
  ({ default: "Default", page: "This page" })[origin] ??
  (origin.startsWith("--") ? `Flag ${origin}` : origin.replace(/^.*[\\/]/, ""));

export default ({ session, params }) => {
  const state = useLoad(() => api.load("/settings"), []);
  const known = Object.keys(GROUPS);
  const groups = new Set([...known, ...(state.data?.data?.items ?? []).map((item) => item.group)]);
  const tabs = [...[...groups].map(group), ...OTHERS];
  const tab = tabs.find((one) => one.id === (params.tab || "")) || tabs[0];
  const to = (id) => href(`settings${id ? `/${id}` : ""}`);
  return html`
    <${Head} title="Settings" lead=${tab.lead} />
    <${Tabs} tabs=${tabs} active=${tab.id} to=${to} />
    <${Loading} state=${state}>
      ${({ data, etag }) => {
        if (tab.id === "dev") return html`<${Dev} dev=${data.dev} />`;
        if (tab.id === "about") return html`<${About} data=${data} session=${session} />`;
        const items = data.items.filter((item) => item.group === (tab.id || "general"));
        const pending = data.items.filter((item) => item.pending);
        // Previous value of this page, for Undo.
        const before = (key) => {
          const { origin, value } = data.items.find((item) => item.key === key);
          return origin === "page" ? value : null;
        };
        const save = async (
          changes,
          was = Object.fromEntries(Object.keys(changes).map((key) => [key, before(key)])),
        ) => {
          await api.patch("/settings", changes, etag);
          await state.reload();
          toast("Saved. Applies immediately.", { undo: () => putBack(was) });
        };
        const putBack = async (was) => {
          try {
            await api.patch("/settings", was, (await api.load("/settings")).etag);
            await state.reload();
            toast("Change undone.");
          } catch (problem) {
            toast(problem.message, { kind: "bad" });
          }
        };
        const picture = items.find((item) => item.kind === "picture" && item.editable);
        const branding =
          tab.id === "branding" && Object.fromEntries(items.map((item) => [item.key, item.value]));
        return html`
          ${pending.length > 0 && html`
            <${Note} kind="warn" title="Restart the server to apply:">
              ${pending.map((item) => html`
                <span key=${item.key}>
                  ${item.label}: ${text(item.value)} → ${text(item.next)}${" "}
                </span>
              `)}
            <//>
          `}
          <${Edited}
            key=${etag}
            items=${items.filter((item) => item.editable && item !== picture)}
            onSave=${save}
          >
            ${branding && html`
              <${Preview}
                session=${session}
                logo=${data.logo}
                name=${branding.server_name}
                color=${branding.accent_color}
              />
            `}
          <//>
          ${picture && html`
            <${Logo}
              key=${data.logo}
              address=${data.logo}
              onSave=${(logo, was) => save({ logo }, { logo: was })}
            />
          `}
          <${Fixed} items=${items.filter((item) => !item.editable)} />
        `;
      }}
    <//>
  `;
};

// Current value, as the form edits it.
const edited = (item) => item.value ?? (item.kind === "list" ? [] : item.kind === "switch" ? false : "");

const Edited = ({ items, onSave, children }) => {
  if (items.length === 0) return null;
  const initial = Object.fromEntries(items.map((item) => [item.key, edited(item)]));
  const submit = (value) => {
    const changed = items.filter(
      (item) => JSON.stringify(value[item.key]) !== JSON.stringify(initial[item.key]),
    );
    return onSave(
      Object.fromEntries(
        changed.map(({ key, kind }) => [
          key,
          value[key] === "" || (kind === "list" && value[key].length === 0) ? null : value[key],
        ]),
      ),
    );
  };
  return html`
    <${Card} title="Editable here" aside=${html`<small>Applies immediately, without a restart.</small>`}>
      <${Form} initial=${initial} onSubmit=${submit}>
        ${items.map((item) => html`
          <${Field} item=${item} key=${item.key} />
        `)}
        ${children}
      <//>
    <//>
  `;
};

const Field = ({ item }) => {
  const hint = [
    `${item.help}.`,
    item.default !== null && `Default: ${text(item.default)}.`,
    item.origin === "page" && "Set on this page.",
  ];
  const props = { name: item.key, label: item.label, hint: hint.filter(Boolean).join(" ") };
  if (item.kind === "switch") return html`<${Check} ...${props} />`;
  if (item.kind === "color") return html`<${ColorField} ...${props} />`;
  if (item.kind === "list") return html`<${Lines} ...${props} rows=${2} />`;
  if (item.kind === "choice")
    return html`
      <${Select}
        ...${props}
        options=${[
          ...(item.default === null ? [["", "Default"]] : []),
          ...item.options.map((one) => [one, one]),
        ]}
      />
    `;
  return html`<${Text} ...${props} mono=${item.key !== "server_name"} />`;
};

const Fixed = ({ items }) =>
  items.length > 0 && html`
    <${Card}
      title="Set by flag, environment or file"
      aside=${html`<small>Precedence: flag, environment, file, this page.</small>`}
    >
      <ul>
        ${items.map((item) => html`
          <li class="field" key=${item.key} data-setting=${item.key}>
            <b>${item.label}</b> <code>${text(item.value)}</code>${" "}
            <span title=${item.origin}>
              <${Badge}>${source(item.origin)}<//>
            </span>
            <small>
              ${item.help}.${" "}
              ${item.on_page ? (
                `Set by ${source(item.origin)}. Change it there.`
              ) : html`
                Set <code>${item.key}</code> in keyfob.toml, or <code>KEYFOB_${item.key.toUpperCase()}</code>.${" "}
                ${item.at_once ? "Reload with SIGHUP after you edit the file." : "Applies after a restart."}
              `}
            </small>
          </li>
        `)}
      </ul>
    <//>
  `;

const Dev = ({ dev }) => html`
  <${Card} title=${dev ? "Development mode is on" : "Development mode is off"}>
    <p>
      In development mode, only this machine can connect, demo users sign in with one click, and errors show all
      details. Start it with <code>keyfob dev</code> or <code>keyfob serve --dev</code>. It cannot be turned on
      while the server runs.
    </p>
  <//>
`;

const About = ({ data, session }) => html`
  <${Card} title="About" flush>
    <dl class="facts inset">
      ${[
        ["Version", `Keyfob ${data.version}`],
        ["Issuer", session.issuer],
        ["Database", data.database],
      ].map(([name, value]) => html`
        <div key=${name}>
          <dt>${name}</dt>
          <dd>
            <code>${value}</code>
          </dd>
        </div>
      `)}
    </dl>
  <//>
  <p>
    <a href="/docs">API docs</a> · <a href="/.well-known/openid-configuration">Discovery document</a>
  </p>
`;
