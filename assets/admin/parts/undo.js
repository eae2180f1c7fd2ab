// A deletion that can be taken back for ten seconds from the page, and for 30 days by the admin API.
import { api } from "../api.js";
import { toast } from "../ui/kit.js";

// `then` is called once the object is back; `ended` is what does not come back with it.
export function deleted(path, name, then, ended = "Its tokens and sessions") {
  toast(`${name} is deleted.`, {
    undo: async () => {
      try {
        await api.post(`${path}/restore`);
        toast(`${name} is back. ${ended} stay ended.`);
        then();
      } catch (problem) {
        toast(problem.message, { kind: "bad" });
      }
    },
  });
}
