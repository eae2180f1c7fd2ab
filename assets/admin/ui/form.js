// Parts of forms that pages import.
export { useForm } from "./form/context.js";
export { Form } from "./form/form.js";
export { leaving } from "./form/leaving.js";
export { Control } from "./form/control.js";
export { Area, Lines, Text } from "./form/text.js";
export { Duration } from "./form/duration.js";
export { Check, Checks, Select } from "./form/choices.js";
