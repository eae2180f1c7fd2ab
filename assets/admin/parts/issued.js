// Grants and access tokens, of all users or of one user or client, and delegated tokens.
import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Badge, Button, Empty, Icon, Id, Link, Time, confirm, plural, toast } from "../ui/kit.js";
import { List } from "../ui/list.js";
import { ORIGINS, STATES, labelOf } from "../labels.js";
import { options, useChoices } from "./choices.js";

// Inactive tokens are searched for among the latest 5,000.
const TOKEN_STATES = { ...STATES, inactive: "Revoked or expired (latest 5,000)" };

const State = ({ state }) => html`
  <${Badge} kind=${{ active: "good", revoked: "bad" }[state] || ""}>${labelOf(STATES, state)}<//>
`;
export const Who = ({ item }) =>
  item.username ? html`
    <${Link} to=${`users/${encodeURIComponent(item.sub)}`}>${item.username}<//>
  ` : item.sub === item.client_id ? html`
    <span class="soft">client (no user)</span>
  ` : html`
    <${Id}>${item.sub}<//>
  `;
export const App = ({ id }) => html`<${Link} to=${`clients/${encodeURIComponent(id)}`}>${id}<//>`;

// Runs an action, shows a message and reloads the list. Returns [version, run].
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
const search = (fixed) => (Object.keys(fixed).length ? null : "ID, user or client");

/** @param {{ fixed?: Record<string, string> }} props */
export const GrantList = ({ fixed = {} }) => {
  const [version, run] = useEnding();
  const choices = useChoices();
  const end = async (grant) => {
    if (
      await confirm({
        title: "Revoke this grant?",
        action: "Revoke grant",
        danger: true,
        text:
          `${grant.client_id} loses the access that ${grant.username || grant.sub} gave it. Its refresh token ` +
          "and access tokens are revoked immediately.",
      })
    ) {
      await run(() => api.delete(`/grants/${grant.id}`), "Grant and its tokens revoked.");
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
        { name: "state", label: "State", options: options(choices.states, STATES) },
        { name: "kind", label: "Grant type", options: options(choices.grant_kinds, ORIGINS) },
        ...typed(fixed, [
          ["sub", "User"],
          ["client_id", "Client"],
        ]),
      ]}
      columns=${[
        ...(fixed.sub ? [] : [{ title: "User", cell: (grant) => html`<${Who} item=${grant} />` }]),
        ...(fixed.client_id ? [] : [{ title: "Client", cell: (grant) => html`<${App} id=${grant.client_id} />` }]),
        {
          title: "Scopes",
          kind: "prose",
          cell: (grant) => html`
            <small>
              ${grant.scope}
              ${grant.team_id && html`
                <br />
                Team: ${grant.team_id}
              `}
            </small>
          `,
        },
        {
          title: "Created",
          sort: "-created",
          kind: "fit",
          cell: (grant) => html`
            <${Time} at=${grant.created_at} />
            <br />
            <small>${labelOf(ORIGINS, grant.origin)}</small>
          `,
        },
        {
          title: "Last refreshed",
          minor: true,
          kind: "fit",
          cell: (grant) => html`
            <${Time} at=${grant.refreshed_at} />
            ${grant.refresh_until && html`
              <br />
              <small>
                Expires <${Time} at=${grant.refresh_until} />
              </small>
            `}
          `,
        },
        { title: "State", kind: "fit", cell: (grant) => html`<${State} state=${grant.state} />` },
        {
          title: "Actions",
          kind: "action",
          cell: (grant) =>
            grant.state === "active" && html`
              <${Button} kind="small" onClick=${() => end(grant)}>
                Revoke…
              <//>
            `,
        },
      ]}
      empty=${html`
        <${Empty} icon="user-check" title="No grants">
          <p>A grant is created when a user gives a client access.</p>
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
    run(() => api.delete(`/tokens/${token.jti}`), "Token revoked, and every token derived from it.");
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
        { name: "kind", label: "Type", options: options(choices.token_kinds, ORIGINS) },
        ...typed(fixed, [
          ["sub", "User"],
          ["client_id", "Client"],
          ["actor", "Actor"],
        ]),
      ]}
      columns=${[
        ...(fixed.sub ? [] : [{ title: "Subject", cell: (token) => html`<${Who} item=${token} />` }]),
        ...(fixed.client_id ? [] : [{ title: "Client", cell: (token) => html`<${App} id=${token.client_id} />` }]),
        {
          title: "Scopes",
          kind: "prose",
          cell: (token) => html`
            <small>
              ${token.scope}
              ${token.team_id && html`
                <br />
                Team: ${token.team_id}
              `}
              ${token.chain.length > 0 && html`
                <br />
                Actor: ${token.chain.join(", on behalf of ")}
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
            <small>${labelOf(ORIGINS, token.origin)}</small>
          `,
        },
        { title: "Expires", minor: true, kind: "fit", cell: (token) => html`<${Time} at=${token.expires_at} />` },
        { title: "State", kind: "fit", cell: (token) => html`<${State} state=${token.state} />` },
        {
          title: "Actions",
          kind: "action",
          cell: (token) =>
            token.state === "active" && html`
              <${Button} kind="small" onClick=${() => end(token)}>
                Revoke
              <//>
            `,
        },
      ]}
      empty=${html`
        <${Empty} icon="key-round" title="No access tokens">
          <p>
            Access tokens stay listed for a while after they expire. Keyfob does not store the tokens
            themselves.
          </p>
        <//>
      `}
    />
  `;
};

// Delegated tokens, each with its chain from the subject to the actor.
const Chain = ({ token }) => html`
  <ol class="chain" aria-label="Delegation chain">
    <li>
      <b class="clip">
        ${token.username ? html`
          <${Link} to=${`users/${encodeURIComponent(token.sub)}`}>${token.username}<//>
        ` : html`
          <${Id}>${token.sub}<//>
        `}
      </b>
    </li>
    ${[...token.chain].reverse().map((actor) => html`
      <li key=${actor}>
        <${Icon} name="chevron-right" size=${14} />
        <${Link} class="clip" to="delegations" query=${{ actor }} title="Filter by this actor">
          <${Id}>${actor}<//>
        <//>
      </li>
    `)}
  </ol>
`;

// What is revoked: the token, or all tokens of its actor or of its subject.
const revocations = (token) => {
  const [actor] = token.chain;
  const subject = token.username || token.sub;
  return [
    ["token", "This token", "And every token derived from it."],
    [
      "actor",
      `All tokens in which ${actor} is an actor`,
      `And every token derived from them. ${actor}'s own tokens stay active.`,
    ],
    ["subject", `All tokens that act for ${subject}`, `${subject}'s own tokens stay active.`],
  ];
};

export const DelegatedTokens = () => {
  const [version, run] = useEnding();
  const choices = useChoices();
  const revoke = async (token) => {
    let chosen = "token";
    const choose = (event) => {
      chosen = event.currentTarget.value;
    };
    const agreed = await confirm({
      title: "Revoke delegated tokens?",
      action: "Revoke tokens",
      danger: true,
      text: html`
        <p>Revoking takes effect immediately.</p>
        <fieldset class="field">
          <legend class="label">Revoke</legend>
          ${revocations(token).map(([value, title, about]) => html`
            <label class="option" key=${value}>
              <input
                type="radio"
                name="revoked"
                value=${value}
                defaultChecked=${value === "token"}
                onChange=${choose}
              />
              <span>
                ${title} <small>${about}</small>
              </span>
            </label>
          `)}
        </fieldset>
      `,
    });
    if (!agreed) return;
    if (chosen === "token")
      await run(() => api.delete(`/tokens/${token.jti}`), "Token revoked, and every token derived from it.");
    else
      await run(
        () => api.post("/delegations/revoke", { [chosen]: chosen === "actor" ? token.chain[0] : token.sub }),
        (answer) => `${plural(answer.revoked, "token")} revoked.`,
      );
  };
  return html`
    <${List}
      path="/delegations"
      order="-created"
      search="Token ID (jti), user or client"
      label="Delegated tokens"
      version=${version}
      keyOf=${(token) => token.jti}
      filters=${[
        { name: "state", label: "State", options: options(choices.states, TOKEN_STATES) },
        {
          name: "kind",
          label: "Type",
          options: options(choices.delegated_token_kinds, ORIGINS),
        },
        { name: "actor", label: "Actor in the chain" },
        { name: "sub", label: "Subject" },
      ]}
      columns=${[
        { title: "Chain", cell: (token) => html`<${Chain} token=${token} />` },
        {
          title: "Scopes",
          kind: "prose",
          cell: (token) => html`
            <small>
              ${token.scope}
              ${token.team_id && html`
                <br />
                Team: ${token.team_id}
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
            <small>${labelOf(ORIGINS, token.origin)}</small>
          `,
        },
        { title: "Expires", minor: true, kind: "fit", cell: (token) => html`<${Time} at=${token.expires_at} />` },
        { title: "State", kind: "fit", cell: (token) => html`<${State} state=${token.state} />` },
        {
          title: "Actions",
          kind: "action",
          cell: (token) =>
            token.state === "active" && html`
              <${Button} kind="small" onClick=${() => revoke(token)}>
                Revoke…
              <//>
            `,
        },
      ]}
      empty=${html`
        <${Empty} icon="users" title="No delegated tokens">
          <p>
            Tokens that let a service or a user act for another user are listed here with their delegation
            chain.
          </p>
        <//>
      `}
    />
  `;
};
