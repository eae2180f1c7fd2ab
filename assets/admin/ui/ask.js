// Confirmation dialogs. Their module is fetched with the first one: no page needs it to render.
import { html } from "../html.js";
import { Lazy } from "./lazy.js";

const dialogs = () => import("./dialog.js");
const dialog = async () => (await dialogs()).Dialog;

// See `dialog.js` for the options.
export const confirm = async (question) => (await dialogs()).confirm(question);
export const askPassword = async (check) => (await dialogs()).askPassword(check);
/** @param {{ title: any, onClose: () => void, children?: any, wide?: boolean }} props */
export const Dialog = (props) => html`<${Lazy} load=${dialog} ...${props} />`;
