import { html, useEffect } from "../html.js";
import { api } from "../api.js";
import {
  Button,
  Card,
  Head,
  Icon,
  Link$,
  Loading,
  Note,
  confirm,
  copy,
  plural,
  toast,
  useLoad,
} from "../ui/kit.js";
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
      <${Link$} to="flows">Traces<//>
    </p>
  `;
  if (!state.data)
    return html`
      <${Head} title="Trace" back=${back} />
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
            copy(
              flow.steps.map((step) => step.curl).join("\n\n"),
              "Copied. Fill in the masked values before you run it.",
            )
          }
        >
          Copy as curl
        <//>
        <a class="button" download href=${api.href(`/flows/${flow.id}/har`)}>
          <${Icon} name="download" />
          <span>Download HAR</span>
        </a>
        <a class="button" download href=${api.href(`/flows/${flow.id}/postman`)}>
          <${Icon} name="download" />
          <span>Download for Postman</span>
        </a>
      `}
    />
    <${Verdict} flow=${flow} onFixed=${state.reload} />
    <${Card}
      title=${[flow.client_name || flow.client_id || "No client", flow.username].filter(Boolean).join(" · ")}
      aside=${html`
        <span role="status">
          <${Outcome} of=${flow.outcome} />
        </span>${" "}
        <small>
          ${took(flow.milliseconds)} · ${plural(flow.exchanges, "request")}
        </small>
      `}
    >
      <${Steps} flow=${flow} />
      ${flow.client_id && flow.client_name && html`
        <p class="actions">
          <${Link$} class="button small" to=${`clients/${encodeURIComponent(flow.client_id)}`}>
            Open client
          <//>
          <${Link$} class="button small" to="flows" query=${{ client_id: flow.client_id }}>
            Other traces
          <//>
          <${Link$} class="button small" to="try" query=${{ client_id: flow.client_id }}>
            Test sign-in
          <//>
        </p>
      `}
    <//>
    ${flow.outcome === "refused" && flow.client_id && html`<${FlowDiff} flow=${flow} />`}
  `;
};

const Verdict = ({ flow, onFixed }) => {
  const last = [...flow.steps].reverse().find((step) => step.refused);
  if (flow.outcome === "ok")
    return html`
      <${Note} kind="good" title="Success.">
        ${flow.summary}
      <//>
    `;
  if (flow.outcome === "open" || !last)
    return html`
      <${Note} title="In progress.">Waiting for the user or the client. This page updates automatically.<//>
    `;
  const { refused } = last;
  return html`
    <${Note} kind="bad" title=${`Request failed: ${refused.error}. ${refused.description}`}>
      <div>
        ${refused.fix}${" "}
        <small>
          <${Standard} refused=${refused} />
        </small>
      </div>
      ${flow.quick_fix && html`
        <${QuickFix} fix=${flow.quick_fix} name=${flow.client_name || flow.quick_fix.client_id} onFixed=${onFixed} />
      `}
    <//>
  `;
};

const FIXES = {
  redirect_uris: {
    label: "Add redirect URI",
    text: (fix, name) =>
      `${name} can then have users returned to ${fix.value}. Add it only if the URI belongs to the client.`,
  },
  cors_origins: {
    label: "Allow origin",
    text: (fix, name) => `Pages from ${fix.value} can then read the responses to ${name}.`,
  },
};

const QuickFix = ({ fix, name, onFixed }) => {
  const { label, text } = FIXES[fix.member];
  const run = async () => {
    if (!(await confirm({ title: `${label} for ${name}?`, action: label, text: text(fix, name) }))) return;
    try {
      const { data, etag } = await api.load(`/clients/${encodeURIComponent(fix.client_id)}`);
      const values = data[fix.member] || [];
      if (!values.includes(fix.value))
        await api.patch(
          `/clients/${encodeURIComponent(fix.client_id)}`,
          { [fix.member]: [...values, fix.value] },
          etag,
        );
      toast(`Added ${fix.value}. Try the request again.`);
      onFixed();
    } catch (problem) {
      toast(problem.message, { kind: "bad" });
    }
  };
  return html`
    <div class="actions">
      <${Button} icon="plus" onClick=${run}>
        ${label} for ${name}
      <//>
    </div>
  `;
};
