// Branding of the hosted pages: color, logo, and a preview of the sign-in page.
import { html, useEffect, useState } from "../html.js";
import { api } from "../api.js";
import { Button, Card, Note } from "../ui/kit.js";
import { Control, useForm } from "../ui/form.js";

const isColor = (text) => /^#[0-9a-f]{6}$/i.test(text || "");
// The accent of css/tokens.css, in light.
const OWN =
  /#[0-9a-f]{6}/.exec(getComputedStyle(document.documentElement).getPropertyValue("--accent"))?.[0] ?? "";
const OWN_LOGO = new URL("../../logo.svg", import.meta.url).pathname;

export const ColorField = ({ name, label, hint }) => {
  const form = useForm();
  const value = form.value[name] ?? "";
  const set = (event) => form.set(name, event.target.value.trim());
  return html`
    <${Control}
      name=${name}
      label=${label}
      hint=${hint}
      control=${(props) => html`
        <span class="pick">
          <input ...${props} class="mono" value=${value} placeholder=${OWN} spellcheck=${false} onInput=${set} />
          <input
            type="color"
            aria-label=${`${label}: color picker`}
            value=${isColor(value) ? value : OWN}
            onInput=${set}
          />
        </span>
      `}
    />
  `;
};

// Preview of the form's name and color before they are saved. `name` and `color` are used where the form does not have
// them, because they are set by flag, environment or file.
export const Preview = ({ session, logo, name, color }) => {
  const { value } = useForm();
  const [shades, setShades] = useState({});
  const wanted = value.accent_color ?? color;
  useEffect(() => {
    if (!isColor(wanted)) {
      setShades({});
      return;
    }
    let over = false;
    api.get(`/settings/accent/${encodeURIComponent(wanted)}`).then(
      (found) => {
        if (!over) setShades(found);
      },
      () => {},
    );
    return () => {
      over = true;
    };
  }, [wanted]);
  const colors = (of) =>
    of && { "--accent": of.accent, "--ink": of.ink, "--accent-edge": of.edge, "--link": of.link };
  return html`
    <div class="previews">
      ${["light", "dark"].map((theme) => html`
        <figure class="preview" data-theme=${theme} style=${colors(shades[theme])} key=${theme}>
          <figcaption class="soft">Sign-in page, ${theme}</figcaption>
          <p class="brand">
            <img src=${logo || OWN_LOGO} alt="" />
            <span>
              <b>${value.server_name ?? name}</b> <small>${session.issuer}</small>
            </span>
          </p>
          <span class="sign-in">Sign in</span>
          <span class="a-link">Use another account</span>
        </figure>
      `)}
    </div>
  `;
};

const dataUrl = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });

// Saved as soon as a file is chosen. `onSave(logo, before)` gets both as `data:` URLs or `null`.
export const Logo = ({ address, onSave }) => {
  const [error, setError] = useState(/** @type {string | null} */ (null));
  const save = async (file) => {
    setError(null);
    try {
      const before = address ? await dataUrl(await (await fetch(address)).blob()) : null;
      await onSave(file && (await dataUrl(file)), before);
    } catch (problem) {
      setError(problem.message);
    }
  };
  return html`
    <${Card} title="Logo" aside=${html`<small>Saved as soon as you choose a file.</small>`}>
      <p class="soft">
        PNG, WebP, JPEG or SVG, up to 64 KB. Shown on all sign-in and account pages and in the browser tab.
      </p>
      ${address && html`
        <p class="logo">
          <img src=${address} alt="Current logo" />
        </p>
      `}
      <label class="field">
        <span class="label">${address ? "Replace logo" : "Logo file"}</span>
        <input
          type="file"
          accept=".png,.webp,.jpg,.jpeg,.svg"
          onChange=${(event) => event.currentTarget.files?.[0] && save(event.currentTarget.files[0])}
        />
      </label>
      ${address && html`
        <div class="actions">
          <${Button} icon="trash-2" onClick=${() => save(null)}>
            Remove logo
          <//>
        </div>
      `}
      ${error && html`
        <${Note} kind="bad" role="alert" title="Cannot use this file.">
          ${error}
        <//>
      `}
    <//>
  `;
};
