import { html, useEffect, useState } from "../html.js";
import { Button, CopyField, Empty, Head, Id, Link$, Time } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { Named } from "../ui/table.js";
import { Outcome, took } from "../parts/flow.js";
import { options, useChoices } from "../parts/choices.js";

const EVERY = 4000;

export default ({ session }) => {
  const choices = useChoices();
  const [live, setLive] = useState(true);
  const [version, setVersion] = useState(0);
  useEffect(() => {
    if (!live) return undefined;
    // Whoever reads further down is not thrown back to the top.
    const timer = setInterval(() => {
      if (!document.hidden && scrollY < 200) setVersion((n) => n + 1);
    }, EVERY);
    return () => clearInterval(timer);
  }, [live]);
  const toggle = html`
    <${Button} icon=${live ? "pause" : "play"} kind="small" onClick=${() => setLive(!live)}>
      ${live ? "Pause" : "Follow"}
    <//>
  `;
  return html`
    <${Head}
      title="Flows"
      lead=${
        "The latest sign-ins and refusals, request by request. Kept in memory for a day; codes, " +
        "tokens and passwords are masked."
      }
    />
    <${List}
      path="/flows"
      order="-created"
      search="Client, user, error or id"
      label="Flows"
      keyOf=${(flow) => flow.id}
      version=${version}
      watching
      extra=${toggle}
      filters=${[
        {
          name: "outcome",
          label: "Outcome",
          options: options(choices.flow_outcomes, { open: "under way" }),
        },
        ...clientFilter(),
      ]}
      columns=${[
        { title: "When", sort: "-created", kind: "fit", cell: (flow) => html`<${Time} at=${flow.started_at} />` },
        {
          title: "What",
          kind: "name",
          cell: (flow) => html`
            <${Named} badges=${html`<${Outcome} of=${flow.outcome} />`}>
              <${Link$} to=${`flows/${flow.id}`}>
                <b>${flow.title}</b>
              <//>
            <//>
            <small>
              ${flow.error && html`<code>${flow.error}</code>`}
              ${flow.summary}
            </small>
          `,
        },
        {
          title: "Client",
          cell: (flow) =>
            flow.client_id && html`
              ${flow.client_name && flow.client_name !== flow.client_id && html`
                ${flow.client_name}
                <br />
              `}
              <${Id}>${flow.client_id}<//>
            `,
        },
        { title: "User", cell: (flow) => flow.username },
        {
          title: "Exchanges",
          kind: "number",
          cell: (flow) => html`
            ${flow.exchanges}
            <br />
            <small>${took(flow.milliseconds)}</small>
          `,
        },
      ]}
      empty=${html`
        <${Empty} icon="activity" title="Waiting for the first request…">
          <p>
            Point a client at this server, or <${Link$} to="try">try a flow<//>.
          </p>
          <${CopyField} label="Discovery address" text=${`${session.issuer}/.well-known/openid-configuration`} />
        <//>
      `}
    />
  `;
};

// A client that the address names can be taken out again.
function clientFilter() {
  const client = new URLSearchParams(location.search).get("client_id");
  return client ? [{ name: "client_id", label: "Client", options: [[client, client]] }] : [];
}
