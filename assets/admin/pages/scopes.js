import { html, useState } from "../html.js";
import { api } from "../api.js";
import { Badge, Button, Card, Empty, Head, Id, confirm, toast } from "../ui/kit.js";
import { deleted } from "../parts/undo.js";
import { Form, Text } from "../ui/form.js";
import { List } from "../ui/list.js";
import { Named } from "../ui/table.js";

export default () => {
  const [version, setVersion] = useState(0);
  const [open, setOpen] = useState(false);
  const create = async (value) => {
    await api.post("/scopes", value);
    toast(`Created ${value.name}.`);
    setOpen(false);
    setVersion((n) => n + 1);
  };
  const remove = async (scope) => {
    if (
      !(await confirm({
        title: `Delete ${scope.name}?`,
        action: "Delete scope",
        danger: true,
        text:
          "It is removed from clients, APIs and trusted issuers. Access tokens of clients that had it are revoked " +
          "immediately; those clients must get new ones.",
      }))
    )
      return;
    const path = `/scopes/${encodeURIComponent(scope.name)}`;
    const drawn = () => setVersion((n) => n + 1);
    try {
      await api.delete(path);
      deleted(path, scope.name, drawn);
      drawn();
    } catch (problem) {
      toast(problem.message, { kind: "bad" });
    }
  };
  return html`
    <${Head}
      title="Scopes"
      lead="Permissions that clients can request. Users see the descriptions on the consent page."
      actions=${html`
        <${Button} kind="primary" icon="plus" data-new onClick=${() => setOpen(true)}>
          New scope
        <//>
      `}
    />
    ${open && html`
      <${Card} title="New scope">
        <${Form}
          initial=${{ name: "", description: "" }}
          submit="Create scope"
          onSubmit=${create}
          onCancel=${() => setOpen(false)}
        >
          <${Text} name="name" label="Name" mono hint="For example notes:read" autofocus />
          <${Text}
            name="description"
            label="Description"
            hint="Completes the sentence “It will be able to …”, for example “read your notes”."
          />
        <//>
      <//>
    `}
    <${List}
      path="/scopes"
      order="name"
      search="Name or description"
      label="Scopes"
      version=${version}
      keyOf=${(scope) => scope.name}
      columns=${[
        {
          title: "Scope",
          sort: "name",
          kind: "name",
          cell: (scope) => html`
            <${Named}
              badges=${html`
                ${scope.built_in && html`<${Badge}>Built-in<//>`}
                ${scope.managed_by && html`<${Badge}>${scope.managed_by}<//>`}
              `}
            >
              <${Id}>${scope.name}<//>
            <//>
          `,
        },
        { title: "Description", cell: (scope) => scope.description },
        {
          title: "Actions",
          kind: "action",
          cell: (scope) =>
            !scope.built_in &&
            !scope.managed_by && html`
              <${Button} kind="small" onClick=${() => remove(scope)}>
                Delete…
              <//>
            `,
        },
      ]}
      empty=${html`<${Empty} icon="shield-check" title="No scopes" />`}
    />
  `;
};
