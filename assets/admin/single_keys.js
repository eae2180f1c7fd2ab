// Whether single keys are shortcuts (WCAG 2.1.4: they can be turned off). Stored in this browser.
const NAME = "keyfob_single_keys";

export const singleKeys = {
  on: () => {
    try {
      return localStorage.getItem(NAME) !== "off";
    } catch {
      return true;
    }
  },
  set: (on) => {
    try {
      if (on) localStorage.removeItem(NAME);
      else localStorage.setItem(NAME, "off");
    } catch {
      /* Storage is turned off: the choice is not kept. */
    }
  },
};
