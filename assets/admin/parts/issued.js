// What has been issued: grants and access tokens, of everybody or of one user or client, and who acts for whom.
import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Badge, Button, Empty, Icon, Id, Link$, Time, confirm, toast } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { options, useChoices } from "./choices.js";

// What was ended within a day of its issue is looked for among the latest 5,000: no more can be gone through at a time.
const TOKEN_STATES = { inactive: "inactive, of the latest" };

const State = ({ state }) => html`<${Badge} kind=${{ active: "good", revoked: "bad" }[state] || ""}>${state}<//>`;
export const Who = ({ item }) =>
  item.username ? html`
    <${Link$} to=${`users/${encodeURIComponent(item.sub)}`}>${item.username}<//>
  ` : item.sub === item.client_id ? html`
    <span class="soft">the client itself</span>
  ` : html`
    <${Id}>${item.sub}<//>
  `;
export const App = ({ id }) => html`<${Link$} to=${`clients/${encodeURIComponent(id)}`}>${id}<//>`;

// Runs what ends something, tells of it, and has the list loaded anew. Answers [version, run].
/** @returns {[number, (work: () => Promise<any>, done: string | ((answer: any) => string)) => Promise<void>]} */
export function useEnding() {
  const [version, setVersion] = useState(0);
  const run = async (work, done) => {
    try {
      const answer = await work();
      toast(typeof done === "function" ? done(answer) : done);
      setVersion((n) => n + 1);
    } catch (problem) {
      toast(problem.message, { kind: "bad" });
    }
  };
  return [version, run];
}

const fixedQuery = (fixed) =>
  new URLSearchParams(Object.entries(fixed).filter(([, value]) => value)).toString();
const typed = (fixed, all) => all.filter(([name]) => !fixed[name]).map(([name, label]) => ({ name, label }));
const search = (fixed) => (Object.keys(fixed).length ? null : "Id, user or client");

/** @param {{ fixed?: Record<string, string> }} props */
export const GrantList = ({ fixed = {} }) => {
  const [version, run] = useEnding();
  const choices = useChoices();
  const end = async (grant) => {
    if (
      await confirm({
        title: "End this grant?",
        action: "End grant",
        danger: true,
        text:
          `${grant.client_id} loses what ${grant.username || grant.sub} gave it: its refresh token ` +
          "and every access token under it end at once.",
      })
    ) {
      await run(() => api.delete(`/grants/${grant.id}`), "The grant and its tokens have ended.");
    }
  };
  return html`
    <${List}
      path=${`/grants?${fixedQuery(fixed)}`}
      order="-created"
      search=${search(fixed)}
      label="Grants"
      version=${version}
      keyOf=${(grant) => grant.id}
      filters=${[
        { name: "state", label: "State", options: options(choices.states) },
        { name: "kind", label: "Flow", options: options(choices.grant_kinds) },
        ...typed(fixed, [
          ["sub", "User"],
          ["client_id", "Client"],
        ]),
      ]}
      columns=${[
        ...(fixed.sub ? [] : [{ title: "User", cell: (grant) => html`<${Who} item=${grant} />` }]),
        ...(fixed.client_id ? [] : [{ title: "Client", cell: (grant) => html`<${App} id=${grant.client_id} />` }]),
        {
          title: "May",
          kind: "prose",
          cell: (grant) => html`
            <small>
              ${grant.scope}
              ${grant.team_id && html`
                <br />
                for the team ${grant.team_id}
              `}
            </small>
          `,
        },
        {
          title: "Given",
          sort: "-created",
          kind: "fit",
          cell: (grant) => html`
            <${Time} at=${grant.created_at} />
            <br />
            <small>${grant.origin.replaceAll("_", " ")}</small>
          `,
        },
        {
          title: "Refreshed",
          minor: true,
          kind: "fit",
          cell: (grant) => html`
            <${Time} at=${grant.refreshed_at} />
            ${grant.refresh_until && html`
              <br />
              <small>
                until <${Time} at=${grant.refresh_until} />
              </small>
            `}
          `,
        },
        { title: "State", kind: "fit", cell: (grant) => html`<${State} state=${grant.state} />` },
        {
          title: "Action",
          kind: "action",
          cell: (grant) =>
            grant.state === "active" && html`
              <${Button} kind="small" onClick=${() => end(grant)}>
                End
              <//>
            `,
        },
      ]}
      empty=${html`
        <${Empty} icon="user-check" title="No grant">
          <p>A grant is made when somebody lets a client in.</p>
        <//>
      `}
    />
  `;
};

/** @param {{ fixed?: Record<string, string> }} props */
export const TokenList = ({ fixed = {} }) => {
  const [version, run] = useEnding();
  const choices = useChoices();
  const end = (token) =>
    run(() => api.delete(`/tokens/${token.jti}`), "The token has ended, and all that hung on it.");
  return html`
    <${List}
      path=${`/tokens?${fixedQuery(fixed)}`}
      order="-created"
      search=${search(fixed)}
      label="Access tokens"
      version=${version}
      keyOf=${(token) => token.jti}
      filters=${[
        { name: "state", label: "State", options: options(choices.states, TOKEN_STATES) },
        { name: "kind", label: "Kind", options: options(choices.token_kinds) },
        ...typed(fixed, [
          ["sub", "User"],
          ["client_id", "Client"],
          ["actor", "Actor"],
        ]),
      ]}
      columns=${[
        ...(fixed.sub ? [] : [{ title: "For", cell: (token) => html`<${Who} item=${token} />` }]),
        ...(fixed.client_id ? [] : [{ title: "Client", cell: (token) => html`<${App} id=${token.client_id} />` }]),
        {
          title: "May",
          kind: "prose",
          cell: (token) => html`
            <small>
              ${token.scope}
              ${token.team_id && html`
                <br />
                for the team ${token.team_id}
              `}
              ${token.chain.length > 0 && html`
                <br />
                acting: ${token.chain.join(", for ")}
              `}
            </small>
          `,
        },
        {
          title: "Issued",
          sort: "-created",
          kind: "fit",
          cell: (token) => html`
            <${Time} at=${token.issued_at} />
            <br />
            <small>${token.origin.replaceAll("_", " ")}</small>
          `,
        },
        { title: "Ends", minor: true, kind: "fit", cell: (token) => html`<${Time} at=${token.expires_at} />` },
        { title: "State", kind: "fit", cell: (token) => html`<${State} state=${token.state} />` },
        {
          title: "Action",
          kind: "action",
          cell: (token) =>
            token.state === "active" && html`
              <${Button} kind="small" onClick=${() => end(token)}>
                End
              <//>
            `,
        },
      ]}
      empty=${html`
        <${Empty} icon="key-round" title="No access token">
          <p>Tokens are listed until some time after they have expired. The token itself is not kept.</p>
        <//>
      `}
    />
  `;
};

// The ledger: every token in which somebody acts for somebody, with its chain.
// From the subject to whoever acts now, as the power went.
const Chain = ({ token }) => html`
  <ol class="chain" aria-label="Chain of delegation">
    <li class="clip">
      <b>
        ${token.username ? html`
          <${Link$} to=${`users/${encodeURIComponent(token.sub)}`}>${token.username}<//>
        ` : html`
          <${Id}>${token.sub}<//>
        `}
      </b>
    </li>
    ${[...token.chain].reverse().map((actor) => html`
      <li key=${actor}>
        <${Icon} name="chevron-right" size=${14} />
        <${Link$} class="clip" to="delegations" query=${{ actor }} title="Only what this one acts in">
          <${Id}>${actor}<//>
        <//>
      </li>
    `)}
  </ol>
`;

export const Ledger = () => {
  const [version, run] = useEnding();
  const choices = useChoices();
  const all = async (whose, name) => {
    const text =
      whose === "actor"
        ? `Every token in which ${name} acts ends at once, with all that hangs on them. Its own tokens stay.`
        : `Every token in which somebody acts for ${name} ends at once. Their own tokens stay.`;
    if (
      await confirm({
        title:
          whose === "actor" ? `End all that ${name} does for others?` : `End all that is done for ${name}?`,
        action: "End them",
        danger: true,
        text,
      })
    ) {
      await run(
        () => api.post("/delegations/revoke", { [whose]: name }),
        (answer) => (answer.revoked === 1 ? "One token has ended." : `${answer.revoked} tokens have ended.`),
      );
    }
  };
  return html`
    <${List}
      path="/delegations"
      order="-created"
      search="jti, user or client"
      label="Delegated tokens"
      version=${version}
      keyOf=${(token) => token.jti}
      filters=${[
        { name: "state", label: "State", options: options(choices.states, TOKEN_STATES) },
        {
          name: "kind",
          label: "Kind",
          options: options(choices.delegated_token_kinds),
        },
        { name: "actor", label: "Who acts, anywhere in the chain" },
        { name: "sub", label: "For whom" },
      ]}
      columns=${[
        { title: "Chain", cell: (token) => html`<${Chain} token=${token} />` },
        {
          title: "May",
          kind: "prose",
          cell: (token) => html`
            <small>
              ${token.scope}
              ${token.team_id && html`
                <br />
                in the team ${token.team_id}
              `}
            </small>
          `,
        },
        {
          title: "Issued",
          sort: "-created",
          kind: "fit",
          cell: (token) => html`
            <${Time} at=${token.issued_at} />
            <br />
            <small>${token.origin.replaceAll("_", " ")}</small>
          `,
        },
        { title: "Ends", minor: true, kind: "fit", cell: (token) => html`<${Time} at=${token.expires_at} />` },
        { title: "State", kind: "fit", cell: (token) => html`<${State} state=${token.state} />` },
        {
          title: "Action",
          kind: "action",
          cell: (token) =>
            token.state === "active" && html`
              <div class="badges end">
                <${Button}
                  kind="small"
                  onClick=${() =>
                    run(
                      () => api.delete(`/tokens/${token.jti}`),
                      "The token has ended, and all that hung on it.",
                    )
                  }
                >
                  End
                <//>
                <${Button} kind="small" onClick=${() => all("actor", token.chain[0])}>
                  All by ${token.chain[0]}
                <//>
                <${Button} kind="small" onClick=${() => all("subject", token.sub)}>
                  All for ${token.username || token.sub}
                <//>
              </div>
            `,
        },
      ]}
      empty=${html`
        <${Empty} icon="users" title="Nobody acts for anybody">
          <p>
            A token in which a service or a person acts for somebody is listed here, with the chain of those it
            went through.
          </p>
        <//>
      `}
    />
  `;
};
