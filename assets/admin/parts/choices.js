// The values that filters and fields accept, as the server has them. Only their words are the page's.
import { useEffect, useState } from "../html.js";
import { api } from "../api.js";
import { labelOf } from "../labels.js";
import { toast } from "../ui/toast.js";

let asked = null;

/**
 * The answer of `/choices`; empty until it is there.
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
 * [value, words] of each value: the words that are given for it, or its own.
 * @param {string[]} [values]
 * @param {Record<string, string>} [words]
 */
export const options = (values = [], words = {}) => values.map((value) => [value, labelOf(words, value)]);
