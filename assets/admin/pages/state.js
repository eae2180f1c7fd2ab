import { html, useState } from "../html.js";
import { api } from "../api.js";
import { ACTIONS, KINDS, labelOf } from "../labels.js";
import { Badge, Button, Card, Empty, Head, Icon, Note, plural, toast } from "../ui/kit.js";

export default () => html`
  <${Head}
    title="Import & export"
    lead="Scopes, teams, users, clients, APIs and trusted issuers as one file, for version control or another server."
  />
  <${Card} title="Export">
    <p>
      Sorted and without default values, so that you can compare two exports. Passwords and secrets are not
      included; an import leaves existing ones unchanged.
    </p>
    <div class="actions">
      <a class="button primary" download href=${api.href("/state/export")}>
        <${Icon} name="download" />
        <span>Download keyfob.toml</span>
      </a>
    </div>
  <//>
  <${Import} />
`;

const Import = () => {
  const [text, setText] = useState("");
  const [plan, setPlan] = useState(/** @type {Record<string, any> | null} */ (null));
  const [problems, setProblems] = useState(/** @type {string[] | null} */ (null));
  const [busy, setBusy] = useState(false);
  const change = (next) => {
    setText(next);
    setPlan(null);
    setProblems(null);
  };
  const choose = async (event) => {
    const [file] = event.target.files;
    if (file) change(await file.text());
  };
  const run = async (work) => {
    setBusy(true);
    setProblems(null);
    try {
      await work();
    } catch (problem) {
      setProblems(problem.message.split("\n"));
      if (problem.code === "changed") setPlan(null);
    }
    setBusy(false);
  };
  const preview = () => run(async () => setPlan(await api.post("/state/plan", { text })));
  const apply = () =>
    run(async () => {
      const { steps } = await api.post("/state/apply", { text, digest: plan?.digest });
      change("");
      toast(`Applied ${plural(steps.length, "change")}.`);
    });
  return html`
    <${Card} title="Import">
      <p>
        Creates or updates what the file declares. Everything else stays unchanged. You preview the changes
        first.
      </p>
      <label class="field">
        <span class="label">File</span>
        <input type="file" accept=".toml,application/toml" onChange=${choose} />
      </label>
      <label class="field">
        <span class="label">Or paste its content</span>
        <textarea
          class="mono"
          rows=${10}
          spellcheck=${false}
          value=${text}
          placeholder=${'[[client]]\nclient_id = "web"\n…'}
          onInput=${(event) => change(event.currentTarget.value)}
        ></textarea>
      </label>
      ${problems && html`
        <${Note} kind="bad" role="alert" title="Cannot import this file.">
          <ul>
            ${problems.map((line) => html`
              <li key=${line}>${line}</li>
            `)}
          </ul>
        <//>
      `}
      <div class="actions">
        <${Button} icon="eye" kind=${plan ? "" : "primary"} busy=${busy} onClick=${preview}>
          Preview changes
        <//>
      </div>
    <//>
    ${plan && html`
      <${Card} title="Preview" flush label="Preview">
        ${plan.left_out.length > 0 && html`
          <${Note} kind="warn" title="Not imported:">
            <code>${plan.left_out.join(", ")}</code>. An import does not change server settings; set them in
            keyfob.toml, the environment or with flags.
          <//>
        `}
        ${plan.steps.length === 0 ? html`
          <${Empty} icon="circle-check" title="No changes">
            <p>The database already matches the file.</p>
          <//>
        ` : html`
          <ul class="diff">
            ${plan.steps.map((step) => html`
              <${Step} key=${`${step.kind} ${step.name}`} step=${step} />
            `)}
          </ul>
          <div class="actions inset">
            <${Button} kind="primary" busy=${busy} onClick=${apply}>
              Apply ${plural(plan.steps.length, "change")}
            <//>
          </div>
        `}
      <//>
    `}
  `;
};

const SIGNS = { create: "+", update: "~", disable: "−", delete: "−" };
const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value));

const Step = ({ step }) => html`
  <li>
    <span class=${`sign ${step.action}`} aria-hidden="true">
      ${SIGNS[step.action]}
    </span>${" "}
    <b>${labelOf(ACTIONS, step.action)}</b> ${KINDS[step.kind] ?? step.kind} <code>${step.name}</code>${" "}
    ${step.line && html`<${Badge}>line ${step.line}<//>`}
    ${step.members && html`
      <ul>
        ${step.members.map(({ member, before, after }) => html`
          <li key=${member}>
            <code>${member}</code>:${" "}
            ${before === null && after === null ? (
              "changed"
            ) : html`
              ${before !== null && html`<del>${shown(before)}</del>`}
              ${after !== null ? html`<ins>${shown(after)}</ins>` : "not set"}
            `}
          </li>
        `)}
      </ul>
    `}
    ${step.note && html`
      <br />
      <small>${step.note}</small>
    `}
  </li>
`;
