// Choices: one of several, yes or no, several of a few.
import { html, useId } from "../../html.js";
import { useForm } from "./context.js";
import { Control } from "./control.js";

/** @param {{ name: string, label: any, hint?: any, options: any[][] }} props */
export const Select = ({ name, label, hint, options }) => {
  const form = useForm();
  return html`
    <${Control}
      name=${name}
      label=${label}
      hint=${hint}
      control=${(props) => html`
        <select ...${props} onChange=${(event) => form.set(name, options[event.currentTarget.selectedIndex][0])}>
          ${options.map(([value, text]) => html`
            <option value=${value} selected=${value === (form.value[name] ?? "")} key=${value}>
              ${text}
            </option>
          `)}
        </select>
      `}
    />
  `;
};

/** @param {{ name: string, label: any, hint?: any }} props */
export const Check = ({ name, label, hint }) => {
  const form = useForm();
  const id = useId();
  form.controls.set(name, { id, label });
  const error = form.errorOf(name);
  return html`
    <div class="field check">
      <input
        id=${id}
        type="checkbox"
        checked=${Boolean(form.value[name])}
        disabled=${form.disabled}
        aria-describedby=${hint ? `${id}-hint` : undefined}
        onChange=${(event) => form.set(name, event.currentTarget.checked)}
      />
      <div>
        <label for=${id}>${label}</label>
        ${hint && html`<small id=${`${id}-hint`}>${hint}</small>`}
        ${error && html`<small class="error">${error.message}</small>`}
      </div>
    </div>
  `;
};

// List of names as check boxes.
/** @param {{ name: string, label: any, hint?: any, options: any[][] }} props */
export const Checks = ({ name, label, hint, options }) => {
  const form = useForm();
  const id = useId();
  const chosen = form.value[name] || [];
  form.controls.set(name, { id, label });
  const error = form.errorOf(name);
  return html`
    <fieldset class="field" id=${id} tabindex=${-1}>
      <legend class="label">${label}</legend>
      <div class="checks">
        ${options.map(([value, text, about]) => html`
          <label key=${value} class="option">
            <input
              type="checkbox"
              disabled=${form.disabled}
              checked=${chosen.includes(value)}
              onChange=${(event) =>
                form.set(
                  name,
                  event.currentTarget.checked ? [...chosen, value] : chosen.filter((one) => one !== value),
                )
              }
            />
            <span>
              ${text}
              ${about && html`<small>${about}</small>`}
            </span>
          </label>
        `)}
      </div>
      ${hint && html`<small>${hint}</small>`}
      ${error && html`<small class="error">${error.message}</small>`}
    </fieldset>
  `;
};
