// Overview: the first steps, the load, and recent failures.
import { html } from "../html.js";
import { api, sentence } from "../api.js";
import { href, navigate } from "../router.js";
import {
  Badge,
  Button,
  Card,
  Empty,
  Head,
  Icon,
  Id,
  Link,
  Loading,
  Note,
  Time,
  number,
  plural,
  useLoad,
} from "../ui/kit.js";
import { Bars } from "../ui/chart.js";
import { Table } from "../ui/table.js";

const client = (id) => `clients/${encodeURIComponent(id)}`;

export default ({ session }) => {
  const state = useLoad(() => api.get("/overview"), []);
  return html`
    <${Head}
      title="Overview"
      actions=${html`
        <${Button} kind="primary" icon="plus" data-new onClick=${() => navigate(href("clients/new"))}>
          New client
        <//>
      `}
    />
    ${!session.issuer_matches && html`
      <${Note} kind="bad" title="The URL of this page does not match the issuer.">
        The issuer is <code>${session.issuer}</code>. Tokens contain it, and clients must use it.${" "}
        <a href=${`${session.issuer}/admin`}>Open the admin page there</a>, or change the <code>issuer</code>${" "}
        setting.
      <//>
    `}
    <${Loading} state=${state} lines=${8}>
      ${(it) => html`
        ${it.warnings.map((warning) => html`
          <${Note} kind="warn" key=${warning.setting} title=${html`<code>${warning.setting}</code>`}>
            ${warning.text}
          <//>
        `)}
        ${!(it.clients.first && it.ever_issued) && html`<${Steps} it=${it} />`}
        <div class="numbers">
          <${Figure}
            to="clients"
            name="Clients"
            n=${number(it.clients.count)}
            about=${plural(it.clients.public, "public client")}
          />
          <${Figure} to="users" name="Users" n=${counted(it.users)} about="can sign in" />
          <${Figure}
            to="tokens/sessions"
            name="Browser sessions"
            n=${counted(it.sessions)}
            about="active now"
          />
          <${Figure} to="tokens" name="Tokens issued" n=${number(it.issued)} about="last 24 hours" />
          <${Figure}
            to="events"
            query=${{ outcome: "failed" }}
            name="Failed requests"
            n=${number(it.failed)}
            about="last 24 hours"
          />
        </div>
        <${Card}
          title="Last 24 hours"
          aside=${html`
            <${Badge} kind="info">Tokens issued<//>
            <${Badge} kind="bad">Failed requests<//>
          `}
        >
          ${it.issued + it.failed > 0 ? html`
            <${Bars}
              buckets=${it.chart}
              label=${
                `Last 24 hours: ${number(it.issued)} tokens issued, ${number(it.failed)} requests ` +
                "failed. The same data follows as a table."
              }
            />
          ` : html`
            <${Empty} icon="activity" title="No tokens yet">
              The chart starts with the first token.
            <//>
          `}
        <//>
        <${Failures} failures=${it.failures} />
      `}
    <//>
  `;
};

const counted = ({ count, or_more }) => number(count) + (or_more ? "+" : "");

/** @param {{ to: string, query?: any, name: string, n: string, about: string }} props */
const Figure = ({ to, query, name, n, about }) => html`
  <section class="card">
    <a class="body" href=${href(to, query)}>
      <span class="soft">${name}</span>
      <b>${n}</b>
      <small>${about}</small>
    </a>
  </section>
`;

const Steps = ({ it }) => {
  const { first } = it.clients;
  const show = first ? client(first) : "clients/new";
  const steps = [
    { title: "Create an administrator", done: true },
    {
      title: "Create a client",
      about: "An application that gets tokens from this server.",
      done: Boolean(first),
      to: "clients/new",
      action: "New client",
    },
    {
      title: "Test a sign-in and inspect the token",
      about: "Uses your account and a built-in callback. Takes 10 seconds.",
      done: it.ever_issued,
      to: "trials",
      action: "Test sign-in",
    },
    {
      title: "Connect your application",
      about: "Ready-to-paste code for Auth.js, openid-client, Spring, Authlib and more.",
      done: false,
      to: show,
      action: "Show code",
    },
  ].filter(Boolean);
  const next = steps.find((step) => !step.done);
  return html`
    <${Card}
      title="Get your first token"
      aside=${html`
        <${Badge} kind="info">
          ${steps.filter((step) => step.done).length} of ${steps.length} done
        <//>
      `}
    >
      <ul class="steps">
        ${steps.map((step) => html`
          <li class=${step.done ? "done" : ""} key=${step.title}>
            <${Icon} name=${step.done ? "circle-check" : "play"} />
            <div>
              <b>${step.title}</b>
              ${step.done && html`<span class="offscreen"> (done)</span>`}
              ${!step.done && html`
                <br />
                <small>${step.about}</small>
              `}
            </div>
            ${!step.done && html`
              <${Link} class=${`button small ${step === next ? "primary" : ""}`} to=${step.to ?? ""}>
                ${step.action}
              <//>
            `}
          </li>
        `)}
      </ul>
    <//>
  `;
};

// Link to the explanation of a failure.
const fix = (event) => {
  const trace = event.detail?.trace_id;
  if (trace) return html`<${Link} to=${`traces/${trace}`}>View trace<//>`;
  if (event.client_id) return html`<${Link} to=${client(event.client_id)}>Open client<//>`;
  return html`
    <${Link} to="events" query=${{ event: event.event, outcome: "failed" }}>
      View events
    <//>
  `;
};

const Failures = ({ failures }) => html`
  <${Card} flush title="Recent failures" aside=${html`<${Link} to="traces">All traces<//>`}>
    ${failures.length === 0 ? html`
      <${Empty} icon="circle-check" title="No failures in the last 24 hours" />
    ` : html`
      <${Table}
        label="Recent failures"
        columns=${[
          {
            title: "Time",
            kind: "fit",
            cell: (event) => html`<${Time} at=${event.at} />`,
          },
          { title: "Client", cell: (event) => (event.client_id ? html`<${Id}>${event.client_id}<//>` : "–") },
          {
            title: "Error",
            kind: "prose",
            cell: (event) => (event.reason ? sentence(event.reason) : event.event),
          },
          { title: "Next step", kind: "fit", cell: (event) => fix(event) },
        ]}
        rows=${failures}
        keyOf=${(event) => event.id}
      />
    `}
  <//>
`;
