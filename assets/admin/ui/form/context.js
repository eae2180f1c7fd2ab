// The form that a control belongs to.
import { createContext, useContext } from "../../html.js";

/**
 * What a form gives its controls.
 * @typedef {object} FormState
 * @property {Record<string, any>} value
 * @property {import("../../api.js").Problem | null} error
 * @property {Map<string, { id: string, label: any }>} controls
 * @property {boolean} [disabled]
 * @property {(name: string, next: any) => void} set
 * @property {(name: string) => import("../../api.js").Problem | null} errorOf
 */

export const FormContext = createContext(/** @type {FormState | null} */ (null));

/** @returns {FormState} */
export const useForm = () => {
  const form = useContext(FormContext);
  if (!form) throw new Error("A control needs a form around it.");
  return form;
};

/** Whether two values of a member are equal. */
export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
