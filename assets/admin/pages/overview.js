// The server at one look: what to do first, how much it does, what needs a look.
import { html } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import {
  Badge,
  Button,
  Card,
  Empty,
  Head,
  Icon,
  Id,
  Link$,
  Loading,
  Note,
  Time,
  number,
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
      <${Note} kind="bad" title="This page was opened under another address.">
        The issuer is <code>${session.issuer}</code>: tokens name it, and clients must use it.${" "}
        <a href=${`${session.issuer}/admin`}>Go there</a>, or set <code>issuer</code>.
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
            about=${`${number(it.clients.public)} public`}
          />
          <${Figure} to="users" name="Users" n=${counted(it.users)} about="who can sign in" />
          <${Figure}
            to="tokens/sessions"
            name="Browser sessions"
            n=${counted(it.sessions)}
            about="signed in now"
          />
          <${Figure}
            to="events"
            query=${{ outcome: "refused" }}
            name="Tokens issued, 24 h"
            n=${number(it.issued)}
            about=${`${number(it.refused)} refused`}
          />
        </div>
        <${Card}
          title="Tokens, last 24 hours"
          aside=${html`
            <${Badge} kind="info">issued<//>
            <${Badge} kind="bad">refused<//>
          `}
        >
          ${it.issued + it.refused > 0 ? html`
            <${Bars}
              buckets=${it.chart}
              label=${
                `Last 24 hours: ${number(it.issued)} tokens issued, ${number(it.refused)} requests ` +
                "refused. The same as a table follows."
              }
            />
          ` : html`
            <${Empty} icon="activity" title="No token yet">
              The chart begins with the first one.
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
    { title: "Create the administrator", done: true },
    {
      title: "Register a client",
      about: "An app that asks this server for tokens.",
      done: Boolean(first),
      to: "clients/new",
      action: "New client",
    },
    {
      title: "Run a login and look at the token",
      about: "Your own account and a built-in callback. Takes ten seconds.",
      done: it.ever_issued,
      to: "try",
      action: "Try a flow",
    },
    {
      title: "Paste the settings into your app",
      about: "Ready for Auth.js, openid-client, Spring, Authlib and more.",
      done: false,
      to: show,
      action: "Show code",
    },
  ].filter(Boolean);
  const next = steps.find((step) => !step.done);
  return html`
    <${Card}
      title="Get your first verified token"
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
              <${Link$} class=${`button small ${step === next ? "primary" : ""}`} to=${step.to}>
                ${step.action}
              <//>
            `}
          </li>
        `)}
      </ul>
    <//>
  `;
};

// Where a failure is explained, or mended.
const fix = (event) => {
  const flow = event.detail?.flow_id;
  if (flow) return html`<${Link$} to=${`flows/${flow}`}>See why<//>`;
  if (event.client_id) return html`<${Link$} to=${client(event.client_id)}>Open the client<//>`;
  return html`
    <${Link$} to="events" query=${{ event: event.event, outcome: "refused" }}>
      See the events
    <//>
  `;
};

const Failures = ({ failures }) => html`
  <${Card} flush title="Needs a look" aside=${html`<${Link$} to="flows">All flows<//>`}>
    ${failures.length === 0 ? html`
      <${Empty} icon="circle-check" title="Nothing was refused in the last 24 hours" />
    ` : html`
      <${Table}
        label="Latest refusals"
        columns=${[
          {
            title: "When",
            kind: "fit",
            cell: (event) => html`<${Time} at=${event.at} />`,
          },
          { title: "Client", cell: (event) => (event.client_id ? html`<${Id}>${event.client_id}<//>` : "–") },
          { title: "What failed", kind: "prose", cell: (event) => event.reason || event.event },
          { title: "Fix", kind: "fit", cell: (event) => fix(event) },
        ]}
        rows=${failures}
        keyOf=${(event) => event.id}
      />
    `}
  <//>
`;
