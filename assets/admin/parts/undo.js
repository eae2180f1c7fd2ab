// A deletion that can be undone for ten seconds from the page, and for 30 days through the admin API.
import { api } from "../api.js";
import { toast } from "../ui/kit.js";

/**
 * @param {string} path
 * @param {string} name
 * @param {() => void} then Called once the object is restored.
 * @param {string} [stays] A sentence that says what stays revoked.
 */
export function deleted(path, name, then, stays = "") {
  toast(`Deleted ${name}.`, {
    undo: async () => {
      try {
        await api.post(`${path}/restore`);
        toast(`Restored ${name}. ${stays}`.trim());
        then();
      } catch (problem) {
        toast(problem.message, { kind: "bad" });
      }
    },
  });
}
