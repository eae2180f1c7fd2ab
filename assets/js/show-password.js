// Button in each password field that shows the password, in the language of the page. Without scripts the field is
// unchanged.
/** @type {NodeListOf<HTMLInputElement>} */
const fields = document.querySelectorAll("input[type=password][data-show]");
for (const field of fields) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show";
  button.setAttribute("aria-controls", field.id);
  const set = (shown) => {
    field.type = shown ? "text" : "password";
    button.textContent = (shown ? field.dataset.hide : field.dataset.show) ?? "";
  };
  button.addEventListener("click", () => {
    set(field.type === "password");
    field.focus();
  });
  // Hidden again on submit, so that browsers treat it as a password.
  field.form?.addEventListener("submit", () => set(false));
  const both = document.createElement("span");
  both.className = "shown";
  field.replaceWith(both);
  both.append(field, button);
  // Moving the element lost its initial focus.
  if (field.autofocus && document.activeElement === document.body) field.focus();
  set(false);
}
