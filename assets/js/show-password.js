// A button beside each password field that shows what was typed, in the page's language. Without scripts
// the field is as it was.
/** @type {NodeListOf<HTMLInputElement>} */
const fields = document.querySelectorAll("input[type=password][data-show]");
for (const field of fields) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show";
  button.setAttribute("aria-controls", field.id);
  const set = (shown) => {
    field.type = shown ? "text" : "password";
    button.textContent = shown ? field.dataset.hide : field.dataset.show;
  };
  button.addEventListener("click", () => {
    set(field.type === "password");
    field.focus();
  });
  // What is sent, and what the browser offers to keep, is a password.
  field.form?.addEventListener("submit", () => set(false));
  const both = document.createElement("span");
  both.className = "shown";
  field.replaceWith(both);
  both.append(field, button);
  // Moved, it has lost the focus that it had from the beginning.
  if (field.autofocus && document.activeElement === document.body) field.focus();
  set(false);
}
