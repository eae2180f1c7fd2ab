// A labeled control with its hint and its error.
import { html, useId } from "../../html.js";
import { useForm } from "./context.js";

// `control(props)` renders the control itself.
/** @param {{ name: string, label: any, hint?: any, warning?: any, control: (props: any) => any }} props */
export const Control = ({ name, label, hint, warning, control }) => {
  const form = useForm();
  const id = useId();
  form.controls.set(name, { id, label });
  const error = form.errorOf(name);
  const described = [hint && `${id}-hint`, error && `${id}-error`, warning && `${id}-warning`]
    .filter(Boolean)
    .join(" ");
  return html`
    <div class="field">
      <label class="label" for=${id}>
        ${label}
      </label>
      ${control({
        id,
        name,
        disabled: form.disabled,
        "aria-invalid": error ? "true" : null,
        "aria-describedby": described || null,
      })}
      ${hint && html`<small id=${`${id}-hint`}>${hint}</small>`}
      ${warning && html`
        <small class="warning" id=${`${id}-warning`} role="status">
          ${warning}
        </small>
      `}
      ${error && html`
        <small class="error" id=${`${id}-error`}>
          ${error.message}
        </small>
      `}
    </div>
  `;
};
