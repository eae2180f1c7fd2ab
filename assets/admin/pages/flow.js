import { html, useEffect } from "../html.js";
import { api } from "../api.js";
import { Button, Card, Head, Icon, Link$, Loading, Note, confirm, copy, toast, useLoad } from "../ui/kit.js";
import { Outcome, Standard, Steps, took } from "../parts/flow.js";
import { FlowDiff } from "../parts/flow_diff.js";

const EVERY = 3000;

export default ({ params }) => {
  const state = useLoad(() => api.get(`/flows/${params.id}`), [params.id]);
  const open = state.data && state.data.outcome === "open";
  useEffect(() => {
    if (!open) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) state.reload(() => api.watch(`/flows/${params.id}`));
    }, EVERY);
    return () => clearInterval(timer);
  }, [open, params.id]);
  const back = html`
    <p>
      <${Link$} to="flows">Flows<//>
    </p>
  `;
  if (!state.data)
    return html`
      <${Head} title="Flow" back=${back} />
      <${Loading} state=${state} lines=${10} />
    `;
  const flow = state.data;
  return html`
    <${Head}
      title=${flow.title}
      back=${back}
      lead=${html`<code>${flow.id}</code>`}
      actions=${html`
        <${Button}
          icon="terminal"
          onClick=${() =>
            copy(flow.steps.map((step) => step.curl).join("\n\n"), "Copied. Put in what is masked.")
          }
        >
          Copy as curl
        <//>
        <a class="button" download href=${api.href(`/flows/${flow.id}/har`)}>
          <${Icon} name="download" />
          <span>HAR</span>
        </a>
        <a class="button" download href=${api.href(`/flows/${flow.id}/postman`)}>
          <${Icon} name="download" />
          <span>Postman</span>
        </a>
      `}
    />
    <${Verdict} flow=${flow} onMended=${state.reload} />
    <${Card}
      title=${[flow.client_name || flow.client_id || "No client", flow.username].filter(Boolean).join(" · ")}
      aside=${html`
        <span role="status">
          <${Outcome} of=${flow.outcome} />
        </span>${" "}
        <small>
          ${took(flow.milliseconds)} · ${flow.exchanges} ${flow.exchanges === 1 ? "exchange" : "exchanges"}
        </small>
      `}
    >
      <${Steps} flow=${flow} />
      ${flow.client_id && flow.client_name && html`
        <p class="actions">
          <${Link$} class="button small" to=${`clients/${encodeURIComponent(flow.client_id)}`}>
            Open the client
          <//>
          <${Link$} class="button small" to="flows" query=${{ client_id: flow.client_id }}>
            Its other flows
          <//>
          <${Link$} class="button small" to="try" query=${{ client_id: flow.client_id }}>
            Try it yourself
          <//>
        </p>
      `}
    <//>
    ${flow.outcome === "refused" && flow.client_id && html`<${FlowDiff} flow=${flow} />`}
  `;
};

const Verdict = ({ flow, onMended }) => {
  const last = [...flow.steps].reverse().find((step) => step.refused);
  if (flow.outcome === "ok")
    return html`
      <${Note} kind="good" title="It went well.">
        ${flow.summary}
      <//>
    `;
  if (flow.outcome === "open" || !last)
    return html`<${Note} title="Under way.">The next step is the user’s or the client’s. This page follows.<//>`;
  const { refused } = last;
  return html`
    <${Note} kind="bad" title=${`Refused: ${refused.error}. ${refused.description}`}>
      <div>
        ${refused.fix}${" "}
        <small>
          <${Standard} refused=${refused} />
        </small>
      </div>
      ${flow.quick_fix && html`<${Mend} mend=${flow.quick_fix} onMended=${onMended} />`}
    <//>
  `;
};

const MENDS = {
  redirect_uris: {
    label: "Register this address",
    text: (mend) =>
      `${mend.client_id} may then ask for answers to ${mend.value}. Do this only if the address is the client’s own.`,
  },
  cors_origins: {
    label: "Add this origin",
    text: (mend) => `Pages of ${mend.value} may then read what ${mend.client_id} is answered.`,
  },
};

const Mend = ({ mend, onMended }) => {
  const { label, text } = MENDS[mend.member];
  const run = async () => {
    if (!(await confirm({ title: `${label} for ${mend.client_id}?`, action: label, text: text(mend) }))) return;
    try {
      const { data, etag } = await api.load(`/clients/${encodeURIComponent(mend.client_id)}`);
      const values = data[mend.member] || [];
      if (!values.includes(mend.value))
        await api.patch(
          `/clients/${encodeURIComponent(mend.client_id)}`,
          { [mend.member]: [...values, mend.value] },
          etag,
        );
      toast(`${mend.value} is registered. Try the sign-in again.`);
      onMended();
    } catch (problem) {
      toast(problem.message, { kind: "bad" });
    }
  };
  return html`
    <div class="actions">
      <${Button} icon="plus" onClick=${run}>
        ${label} for ${mend.client_id}
      <//>
    </div>
  `;
};
