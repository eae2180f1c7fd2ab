import { html, useEffect } from "../html.js";
import { api } from "../api.js";
import {
  Button,
  Card,
  Head,
  Icon,
  Link,
  Loading,
  Note,
  confirm,
  copy,
  plural,
  toast,
  useLoad,
} from "../ui/kit.js";
import { Outcome, Standard, Steps, took } from "../parts/trace.js";
import { TraceDiff } from "../parts/trace_diff.js";

const EVERY = 3000;

export default ({ params }) => {
  const state = useLoad(() => api.get(`/traces/${params.id}`), [params.id]);
  const open = state.data && state.data.outcome === "open";
  useEffect(() => {
    if (!open) return undefined;
    const timer = setInterval(() => {
      if (!document.hidden) state.reload(() => api.watch(`/traces/${params.id}`));
    }, EVERY);
    return () => clearInterval(timer);
  }, [open, params.id]);
  const back = html`
    <p>
      <${Link} to="traces">Traces<//>
    </p>
  `;
  if (!state.data)
    return html`
      <${Head} title="Trace" back=${back} />
      <${Loading} state=${state} lines=${10} />
    `;
  const trace = state.data;
  return html`
    <${Head}
      title=${trace.title}
      back=${back}
      lead=${html`<code>${trace.id}</code>`}
      actions=${html`
        <${Button}
          icon="terminal"
          onClick=${() =>
            copy(
              trace.steps.map((step) => step.curl).join("\n\n"),
              "Copied. Fill in the masked values before you run it.",
            )
          }
        >
          Copy as curl
        <//>
        <a class="button" download href=${api.href(`/traces/${trace.id}/har`)}>
          <${Icon} name="download" />
          <span>Download HAR</span>
        </a>
        <a class="button" download href=${api.href(`/traces/${trace.id}/postman`)}>
          <${Icon} name="download" />
          <span>Download for Postman</span>
        </a>
      `}
    />
    <${Verdict} trace=${trace} onFixed=${state.reload} />
    <${Card}
      title=${[trace.client_name || trace.client_id || "No client", trace.username]
        .filter(Boolean)
        .join(" · ")}
      aside=${html`
        <span role="status">
          <${Outcome} of=${trace.outcome} />
        </span>${" "}
        <small>
          ${took(trace.milliseconds)} · ${plural(trace.exchanges, "request")}
        </small>
      `}
    >
      <${Steps} trace=${trace} />
      ${trace.client_id && trace.client_name && html`
        <p class="actions">
          <${Link} class="button small" to=${`clients/${encodeURIComponent(trace.client_id)}`}>
            Open client
          <//>
          <${Link} class="button small" to="traces" query=${{ client_id: trace.client_id }}>
            Other traces
          <//>
          <${Link} class="button small" to="trials" query=${{ client_id: trace.client_id }}>
            Test sign-in
          <//>
        </p>
      `}
    <//>
    ${trace.outcome === "failed" && trace.client_id && html`<${TraceDiff} trace=${trace} />`}
  `;
};

const Verdict = ({ trace, onFixed }) => {
  const last = [...trace.steps].reverse().find((step) => step.refused);
  if (trace.outcome === "ok")
    return html`
      <${Note} kind="good" title="Success.">
        ${trace.summary}
      <//>
    `;
  if (trace.outcome === "open" || !last)
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
      ${trace.quick_fix && html`
        <${QuickFix}
          fix=${trace.quick_fix}
          name=${trace.client_name || trace.quick_fix.client_id}
          onFixed=${onFixed}
        />
      `}
    <//>
  `;
};

const FIXES = {
  redirect_uris: {
    label: "Add redirect URI",
    text: (fix, name) =>
      `After this, ${name} can receive sign-ins at ${fix.value}. Add it only if the URI belongs to the client.`,
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
      const values = data?.[fix.member] || [];
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
