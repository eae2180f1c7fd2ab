import { html, useEffect, useState } from "../html.js";
import { Button, CopyField, Empty, Head, Id, Link, Time } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { Named } from "../ui/table.js";
import { Outcome, took } from "../parts/trace.js";
import { options, useChoices } from "../parts/choices.js";
import { OUTCOMES } from "../labels.js";

const EVERY = 4000;

export default ({ session }) => {
  const choices = useChoices();
  const [live, setLive] = useState(true);
  const [version, setVersion] = useState(0);
  useEffect(() => {
    if (!live) return undefined;
    // No update while the user reads further down.
    const timer = setInterval(() => {
      if (!document.hidden && scrollY < 200) setVersion((n) => n + 1);
    }, EVERY);
    return () => clearInterval(timer);
  }, [live]);
  const toggle = html`
    <${Button} icon=${live ? "pause" : "play"} kind="small" onClick=${() => setLive(!live)}>
      ${live ? "Pause" : "Live"}
    <//>
  `;
  return html`
    <${Head}
      title="Traces"
      lead=${
        "Recent sign-ins and failures, request by request. Kept in memory for one day. Codes, tokens and " +
        "passwords are masked."
      }
    />
    <${List}
      path="/traces"
      order="-created"
      search="Client, user, error or trace ID"
      label="Traces"
      keyOf=${(trace) => trace.id}
      version=${version}
      watching
      extra=${toggle}
      filters=${[
        {
          name: "outcome",
          label: "Outcome",
          options: options(choices.trace_outcomes, OUTCOMES),
        },
        ...clientFilter(),
      ]}
      columns=${[
        { title: "Time", sort: "-created", kind: "fit", cell: (trace) => html`<${Time} at=${trace.started_at} />` },
        {
          title: "Trace",
          kind: "name",
          cell: (trace) => html`
            <${Named} badges=${html`<${Outcome} of=${trace.outcome} />`}>
              <${Link} to=${`traces/${trace.id}`}>
                <b>${trace.title}</b>
              <//>
            <//>
            <small>
              ${trace.error && html`<code>${trace.error}</code>`} ${trace.summary}
            </small>
          `,
        },
        {
          title: "Client",
          cell: (trace) =>
            trace.client_id && html`
              ${trace.client_name && trace.client_name !== trace.client_id && html`
                ${trace.client_name}
                <br />
              `}
              <${Id}>${trace.client_id}<//>
            `,
        },
        { title: "User", cell: (trace) => trace.username },
        {
          title: "Requests",
          kind: "number",
          cell: (trace) => html`
            ${trace.exchanges}
            <br />
            <small>${took(trace.milliseconds)}</small>
          `,
        },
      ]}
      empty=${html`
        <${Empty} icon="activity" title="Waiting for the first request…">
          <p>
            Connect a client to this server, or <${Link} to="trials">test a sign-in<//>.
          </p>
          <${CopyField} label="Discovery URL" text=${`${session.issuer}/.well-known/openid-configuration`} />
        <//>
      `}
    />
  `;
};

// Filter by the client in the URL, which can be cleared.
function clientFilter() {
  const client = new URLSearchParams(location.search).get("client_id");
  return client ? [{ name: "client_id", label: "Client", options: [[client, client]] }] : [];
}
