// Values that filters and fields accept, from the server. Only their labels are from this page.
import { useEffect, useState } from "../html.js";
import { api } from "../api.js";
import { labelOf } from "../labels.js";
import { toast } from "../ui/toast.js";

let asked = /** @type {Promise<Record<string, any>> | null} */ (null);

/**
 * Response of `/choices`; empty until it has arrived.
 * @returns {Record<string, any>}
 */
export function useChoices() {
  const [choices, setChoices] = useState({});
  useEffect(() => {
    asked ||= api.get("/choices");
    asked.then(setChoices, (problem) => {
      asked = null;
      toast(problem.message, { kind: "bad" });
    });
  }, []);
  return choices;
}

/**
 * [value, label] of each value.
 * @param {string[]} [values]
 * @param {Record<string, string>} [words]
 */
export const options = (values = [], words = {}) => values.map((value) => [value, labelOf(words, value)]);
