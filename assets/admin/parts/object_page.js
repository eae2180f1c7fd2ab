// Page of one object: its title, what manages it, and its deletion, which can be undone.
import { html } from "../html.js";
import { api } from "../api.js";
import { href, navigate } from "../router.js";
import { Button, Head, Loading, Note, confirm, toast, useLoad } from "../ui/kit.js";
import { deleted } from "./undo.js";

/**
 * Access of a page's parts to its object.
 * @typedef {object} Page
 * @property {string} path Of the object, in the admin API.
 * @property {string} etag
 * @property {() => Promise<void>} reload
 * @property {(members: object) => Promise<any>} change Saves members of the object; throws what a form shows.
 * @property {(work: () => Promise<any>, done: string) => Promise<void>} run Does something to it, and says so.
 */

/**
 * @param {object} props
 * @param {string} props.list The list that the object is in, in addresses of pages and of the admin API alike.
 * @param {string} props.id
 * @param {(object: any) => string} props.keyOf Its id, as the list has it.
 * @param {(object: any) => string} [props.called] What notes call it.
 * @param {(object: any) => any} props.title
 * @param {(object: any) => any} props.lead
 * @param {(object: any, page: Page) => any} [props.actions] Buttons before the one that deletes it.
 * @param {(object: any, page: Page) => any} props.deletion What is asked first; null where nothing is.
 * @param {string} [props.stays] A sentence that says what stays revoked when it is restored.
 * @param {(object: any, page: Page) => any} props.children
 */
export const ObjectPage = ({
  list,
  id,
  keyOf,
  called = keyOf,
  title,
  lead,
  actions,
  deletion,
  stays,
  children,
}) => {
  const path = `/${list}/${encodeURIComponent(id)}`;
  const state = useLoad(() => api.load(path), [id]);
  return html`
    <${Loading} state=${state}>
      ${({ data: object, etag }) => {
        const page = {
          path,
          etag,
          reload: state.reload,
          change: async (members) => {
            const changed = await api.patch(path, members, etag);
            toast("Saved.");
            state.reload();
            return changed;
          },
          run: async (work, done) => {
            try {
              await work();
              toast(done);
              state.reload();
            } catch (problem) {
              toast(problem.message, { kind: "bad" });
            }
          },
        };
        const remove = async () => {
          try {
            const question = await deletion(object, page);
            if (question && !(await confirm({ danger: true, ...question }))) return;
            await api.delete(path);
            const place = `${list}/${encodeURIComponent(keyOf(object))}`;
            deleted(`/${place}`, called(object), () => navigate(href(place)), stays);
            navigate(href(list), { force: true });
          } catch (problem) {
            toast(problem.message, { kind: "bad" });
          }
        };
        return html`
          <${Head}
            title=${title(object)}
            lead=${lead(object)}
            actions=${html`
              ${actions?.(object, page)}
              ${!object.managed_by && html`
                <${Button} kind="danger" icon="trash-2" onClick=${remove}>
                  Delete…
                <//>
              `}
            `}
          />
          ${object.managed_by && html`
            <${Note} title=${`Managed by ${object.managed_by}.`}>
              Edit the file and reload (SIGHUP or <code>keyfob config apply</code>).
            <//>
          `}
          ${children(object, page)}
        `;
      }}
    <//>
  `;
};
