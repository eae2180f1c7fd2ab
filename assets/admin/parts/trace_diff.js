// Parameters that differ between this trace and the last successful one.
import { html } from "../html.js";
import { api } from "../api.js";
import { Card, Link, useLoad } from "../ui/kit.js";
import { Compare } from "./compare.js";

const key = (step) => {
  const grant = step.sent.find((one) => one.name === "grant_type");
  return `${step.method} ${step.path} ${grant ? grant.value : ""}`;
};

// Parameters that differ. For a masked value only its presence is compared.
function differences(bad, good) {
  const values = (step) => new Map(step.sent.map((one) => [one.name, one.value]));
  const [ours, theirs] = [values(bad), values(good)];
  const how = (step) => (step.authorization ? step.authorization.name : "none");
  const found = how(bad) === how(good) ? [] : [{ name: "Authorization", sent: how(bad), good: how(good) }];
  for (const name of new Set([...ours.keys(), ...theirs.keys()])) {
    if (!ours.has(name)) found.push({ name, sent: null, good: theirs.get(name) ?? "sent (masked)" });
    else if (!theirs.has(name)) found.push({ name, sent: ours.get(name) ?? "sent (masked)", good: null });
    else if (ours.get(name) !== theirs.get(name) && name !== "code_challenge")
      found.push({ name, sent: ours.get(name), good: theirs.get(name) });
  }
  return found;
}

async function lastGood(trace) {
  const { items } = await api.get("/traces", { client_id: trace.client_id, outcome: "ok", limit: 20 });
  const like = items.find((item) => item.title === trace.title);
  return like ? api.get(`/traces/${like.id}`) : { steps: [] };
}

export const TraceDiff = ({ trace }) => {
  const state = useLoad(() => lastGood(trace), [trace.id]);
  const good = state.data;
  if (!good?.id) return null;
  const rows = trace.steps
    .filter((step) => step.sent.length > 0)
    .map((step) => {
      const like = good.steps.find((one) => key(one) === key(step));
      return { step, found: like ? differences(step, like) : null };
    })
    .filter(({ found }) => found && found.length > 0);
  return html`
    <${Card}
      title="Compared with the last successful trace"
      aside=${html`<${Link} to=${`traces/${good.id}`}>Open trace<//>`}
    >
      ${rows.length === 0 ? html`
        <p class="soft">Same parameters. Only masked values may differ.</p>
      ` : (
        rows.map(({ step, found }) => html`
          <section key=${key(step)}>
            <h3 class="mono">
              ${step.method} ${step.path}
            </h3>
            ${found.map((one) => html`
              <p key=${one.name}>
                <code>${one.name}</code>
              </p>
              <${Compare} sent=${one.sent ?? ""} expected=${[one.good ?? ""]} label="Last success" />
            `)}
          </section>
        `)
      )}
    <//>
  `;
};
