// The form that a control belongs to.
import { createContext, useContext } from "../../html.js";

export const FormContext = createContext(null);

export const useForm = () => useContext(FormContext);

/** Whether two values of a member are equal. */
export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
