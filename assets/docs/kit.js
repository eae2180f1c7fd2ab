// Parts of the admin page that this page uses.
export { Badge, Card, CopyButton, Loading, Note, plural, useLoad } from "../admin/ui/basics.js";
export { confirm } from "../admin/ui/ask.js";
export { Toasts } from "../admin/ui/toast.js";
