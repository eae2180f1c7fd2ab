// Parts that most pages import.
export * from "./basics.js";
export { Icon } from "./icon.js";
export { toast } from "./toast.js";
export { confirm, Dialog } from "./ask.js";
export { Link } from "../router.js";
