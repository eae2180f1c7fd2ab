import { html, useEffect, useState } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import { Badge, Button, CopyButton, Loading, Note, Tabs, toast, useLoad } from "../ui/kit.js";
import { leaving } from "../ui/form.js";
import { ObjectPage } from "../parts/object_page.js";
import { download } from "../parts/download.js";
import { kindOf } from "../kinds.js";
import { ENV, hasSecret } from "../snippets/env.js";
import { forgetSecret, keepSecret, secretOf } from "../secret.js";

const about = () => import("../client/settings.js");
const has = () => import("../client/access.js");
// `part` is the export of the module.
const TABS = [
  { id: "", title: "Quick start", load: about, part: "QuickStart" },
  { id: "settings", title: "Settings", load: about, part: "Settings" },
  { id: "secrets", title: "Secrets", load: has, part: "Secrets" },
  { id: "claims", title: "Scopes & claims", load: () => import("../client/claims.js"), part: "Claims" },
  { id: "consents", title: "Consents", load: has, part: "Consents" },
  { id: "grants", title: "Grants", load: has, part: "Grants" },
  { id: "tokens", title: "Tokens", load: has, part: "Tokens" },
  { id: "activity", title: "Activity", load: has, part: "Activity" },
  { id: "text", title: "TOML & CLI", load: about, part: "AsText" },
];
// Members of a client that are not part of its metadata.
const OWN = ["client_id", "disabled", "managed_by", "secrets", "created_at", "updated_at"];
const nameOf = (client) => client.client_name || client.client_id;
const failed = (problem) => toast(problem.message, { kind: "bad" });

export default ({ session, params }) => {
  const { id } = params;
  const to = (tab) => href(`clients/${encodeURIComponent(id)}${tab ? `/${tab}` : ""}`);
  const [secret, setSecret] = useState(/** @type {string | null} */ (null));
  const [taken, setTaken] = useState(false);
  useEffect(() => {
    setSecret(secretOf(id));
    setTaken(false);
  }, [id]);
  useEffect(() => {
    const stays = (target) => target === to("") || target.startsWith(`${to("")}/`);
    return secret && !taken
      ? leaving(
          (target) =>
            stays(target) ||
            window.confirm("You have not copied the secret and cannot view it again. Leave anyway?"),
        )
      : undefined;
  }, [id, secret, taken]);
  const took = () => {
    forgetSecret(id);
    setTaken(true);
  };
  const copy = async (client) => {
    try {
      const same = Object.fromEntries(Object.entries(client).filter(([member]) => !OWN.includes(member)));
      const made = await api.post("/clients", { ...same, client_name: `${nameOf(client)} (copy)` });
      keepSecret(made.client.client_id, made.client_secret);
      navigate(href(`clients/${encodeURIComponent(made.client.client_id)}`));
      toast(
        made.client_secret
          ? `Duplicated ${nameOf(client)}. The copy has its own client ID and secret.`
          : `Duplicated ${nameOf(client)}. The copy has its own client ID.`,
      );
    } catch (problem) {
      failed(problem);
    }
  };
  // Confirmation is only needed for a client in use.
  const deletion = async (client, { path }) => {
    const { active } = await api.get(`${path}/usage`);
    return (
      active && {
        title: `Delete ${nameOf(client)}?`,
        action: "Delete client",
        name: id,
        text:
          "This client is in use. Its tokens, grants and consents are revoked immediately and stay revoked if " +
          "you undo this. To stop it temporarily, disable it instead.",
      }
    );
  };
  return html`
    <${ObjectPage}
      list="clients"
      id=${id}
      keyOf=${(client) => client.client_id}
      title=${nameOf}
      lead=${(client) => html`
        <span class="badges">
          <${Badge} kind="info">${kindOf(client)}<//>
          <${Badge} kind=${client.token_endpoint_auth_method === "none" ? "" : "good"}>
            ${client.token_endpoint_auth_method === "none" ? "Public" : "Confidential"}
          <//>
          ${client.token_endpoint_auth_method !== "none" && html`<${Badge}>${client.token_endpoint_auth_method}<//>`}
          ${client.disabled && html`<${Badge} kind="bad">Disabled<//>`}
        </span>
      `}
      actions=${(client, { change }) => html`
        ${!client.disabled && client.token_endpoint_auth_method !== "private_key_jwt" && html`
          <${Button} icon="play" onClick=${() => navigate(href("trials", { client_id: id }))}>
            ${client.grant_types.includes("authorization_code") ? "Test sign-in" : "Test client"}
          <//>
        `}
        <${Button} icon="copy" onClick=${() => copy(client)}>
          Duplicate
        <//>
        ${!client.managed_by && html`
          <${Button} onClick=${() => change({ disabled: !client.disabled }).catch(failed)}>
            ${client.disabled ? "Enable" : "Disable"}
          <//>
        `}
      `}
      deletion=${deletion}
      stays="Revoked tokens, grants and consents stay revoked."
    >
      ${(client, { path, change, reload }) => {
        // Initial values of a form, and a save of the members that differ: null is the default.
        const edit = (absent) => {
          const initial = Object.fromEntries(
            Object.entries(absent).map(([member, none]) => [member, client[member] ?? none]),
          );
          const differs = (value) =>
            Object.entries(value).filter(
              ([member, now]) => JSON.stringify(now) !== JSON.stringify(initial[member]),
            );
          return {
            initial,
            onStale: reload,
            save: (value) =>
              change(
                Object.fromEntries(differs(value).map(([member, now]) => [member, now === "" ? null : now])),
              ),
          };
        };
        const rotated = (made) => {
          keepSecret(id, made);
          setTaken(false);
          setSecret(made);
          reload();
        };
        const tab = TABS.find((one) => one.id === (params.tab || "")) || TABS[0];
        return html`
          ${secret && hasSecret(client) && html`
            <${Note} kind="warn" title="Copy the secret now.">
              You cannot view it again.
              <div class="secret">
                <code data-secret>${secret}</code>
                <${CopyButton} text=${secret} what="Secret copied." kind="primary small" onCopied=${took} />
                <${Button}
                  kind="small"
                  icon="download"
                  onClick=${() => {
                    download(
                      `${id}.env`,
                      ENV.text({
                        issuer: session.issuer,
                        client,
                        secret,
                        redirect: (client.redirect_uris || [])[0],
                      }),
                    );
                    took();
                  }}
                >
                  Download .env
                <//>
                <${Button}
                  kind="small"
                  onClick=${() => {
                    took();
                    setSecret(null);
                  }}
                >
                  Done
                <//>
              </div>
            <//>
          `}
          <${Tabs} tabs=${TABS} active=${tab.id} to=${to} />
          <${Tab} key=${tab.id} tab=${tab} ...${{ session, client, path, edit, secret, rotated }} />
        `;
      }}
    <//>
  `;
};

const Tab = ({ tab, ...props }) => html`
  <${Loading} state=${useLoad(tab.load, [])}>${({ [tab.part]: Shown }) => html`<${Shown} ...${props} />`}<//>
`;
