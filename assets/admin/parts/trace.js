// Requests of a trace: what was sent, the checks that ran, and why one failed.
import { html } from "../html.js";
import { OUTCOMES, labelOf } from "../labels.js";
import { Badge, Button, Icon, copy, plural } from "../ui/kit.js";

import { Compare } from "./compare.js";

const COLORS = { ok: "good", failed: "bad" };
export const Outcome = ({ of }) => html`<${Badge} kind=${COLORS[of] ?? ""}>${labelOf(OUTCOMES, of)}<//>`;

export const took = (milliseconds) =>
  milliseconds < 10
    ? `${Math.round(milliseconds * 10) / 10} ms`
    : milliseconds < 1000
      ? `${Math.round(milliseconds)} ms`
      : milliseconds < 60000
        ? `${Math.round(milliseconds / 100) / 10} s`
        : `${Math.round(milliseconds / 60000)} min`;

export const Standard = ({ refused }) =>
  refused.standard &&
  (refused.link ? html`
    <a href=${refused.link} target="_blank" rel="noreferrer">
      ${refused.standard}
    </a>
  ` : (
    refused.standard
  ));

const Sent = ({ sent }) => html`
  <dl class="sent">
    ${sent.map((one, i) => html`
      <div key=${i}>
        <dt>
          <code>${one.name}</code>
        </dt>
        <dd>
          ${one.value !== null ? html`
            <code>${one.value}</code>
          ` : html`
            <span class="soft">
              masked, ${plural(one.length, "character")}, fingerprint <code>${one.mark}</code>
            </span>
          `}
        </dd>
      </div>
    `)}
  </dl>
`;

const Checks = ({ checks }) =>
  checks.length > 0 && html`
    <ul class="checklist" aria-label="Checks">
      ${checks.map((check) => html`
        <li key=${check.name} class=${check.passed ? "good" : "bad"}>
          <${Icon} name=${check.passed ? "circle-check" : "circle-x"} size=${16} /> ${check.name}${" "}
          <span class="offscreen">${check.passed ? "passed" : "failed"}</span>
        </li>
      `)}
    </ul>
  `;

const Refused = ({ refused, brief }) => html`
  <p class="why">
    <b>${refused.error}</b>
    ${!brief && `: ${refused.description}`}
  </p>
  ${refused.sent !== null && html`<${Compare} sent=${refused.sent} expected=${refused.expected} />`}
  ${refused.fix && !brief && html`
    <p>
      <b>Fix:</b> ${refused.fix}${" "}
      <small>
        <${Standard} refused=${refused} />
      </small>
    </p>
  `}
`;

const Step = ({ step, at, brief }) => {
  const bad = step.refused && step.status !== 0;
  const body = [
    ...(step.authorization
      ? [{ ...step.authorization, name: `Authorization: ${step.authorization.name}` }]
      : []),
    ...step.sent,
  ];
  return html`
    <li>
      <span class=${`number ${step.refused ? "bad" : "good"}`} aria-hidden="true">
        ${step.refused ? "!" : at}
      </span>
      <div>
        <div class="line">
          <b class="mono">
            ${step.method} ${step.path}
          </b>
          <small>${took(step.milliseconds)}</small>
        </div>
        <p class="soft">
          ${step.status === 0 ? "response blocked by CORS" : step.status}
          ${step.to && html`
            ${" "}
            → <span class="wrap">${step.to}</span>
          `}
          ${step.says && ` · ${step.says}`}
          ${step.origin && ` · origin ${step.origin}`}
          ${step.times > 1 && ` · repeated ${step.times} times`}
        </p>
        ${step.refused && html`<${Refused} refused=${step.refused} brief=${brief} />`}
        ${(body.length > 0 || step.checks.length > 0) && html`
          <details open=${bad}>
            <summary>
              <small>Request and checks</small>
            </summary>
            <${Sent} sent=${body} />
            <${Checks} checks=${step.checks} />
            <div class="actions">
              <${Button}
                icon="terminal"
                kind="small"
                onClick=${() => copy(step.curl, "Copied. Fill in the masked values before you run it.")}
              >
                Copy as curl
              <//>
              <${Button}
                icon="terminal"
                kind="small"
                onClick=${() => copy(step.httpie, "Copied. Fill in the masked values before you run it.")}
              >
                Copy as HTTPie
              <//>
            </div>
          </details>
        `}
      </div>
    </li>
  `;
};

// The step whose error and fix the page shows above the steps.
const explained = (trace) =>
  trace.outcome === "failed" ? trace.steps.findLastIndex((step) => step.refused) : -1;

export const Steps = ({ trace }) => html`
  <ol class="trace">
    ${trace.steps.map((step, i) => html`
      <${Step} key=${i} step=${step} at=${i + 1} brief=${i === explained(trace)} />
    `)}
  </ol>
  ${trace.left_out > 0 && html`
    <p class="soft">
      ${trace.left_out === 1
        ? "1 request in the middle was not recorded."
        : `${trace.left_out} requests in the middle were not recorded.`}
    </p>
  `}
`;
