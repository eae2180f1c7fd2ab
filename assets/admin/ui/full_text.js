// Full text of what is cut off with an ellipsis, while the pointer or the focus is on it. One element for the whole
// page; Escape closes it (WCAG 1.4.13).

const CUT = ".cell, .clip";
const LEAVING = 120;

let shown = /** @type {HTMLElement | null} */ (null);
let timer;

const bubble = document.body.appendChild(document.createElement("div"));
bubble.className = "full-text";
bubble.setAttribute("role", "tooltip");
// Hidden from screen readers: they read the full text in the page.
bubble.setAttribute("aria-hidden", "true");
bubble.popover = "manual";

/** @param {Element} element */
const isCut = (element) => element.scrollWidth > element.clientWidth;

/** @param {EventTarget | null} target */
function cutOff(target) {
  let element = target instanceof Element ? target.closest(CUT) : null;
  while (element && !isCut(element)) element = element.parentElement?.closest(CUT) ?? null;
  return /** @type {HTMLElement | null} */ (element);
}

function hide() {
  clearTimeout(timer);
  if (shown) bubble.hidePopover();
  shown = null;
}

/** @param {HTMLElement} element */
function show(element) {
  clearTimeout(timer);
  if (shown === element) return;
  hide();
  shown = element;
  // biome-ignore lint/performance/useDomNodeTextContent: line by line, as it is shown.
  bubble.textContent = element.innerText.trim();
  bubble.showPopover();
  const { left, top, bottom } = element.getBoundingClientRect();
  const { width, height } = bubble.getBoundingClientRect();
  const isRoom = bottom + height <= innerHeight;
  bubble.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  bubble.style.top = `${isRoom ? bottom : Math.max(8, top - height)}px`;
}

function over(event) {
  if (bubble.contains(event.target)) {
    clearTimeout(timer);
    return;
  }
  const element = cutOff(event.target);
  if (element) show(element);
  else if (shown && !shown.contains(document.activeElement)) {
    clearTimeout(timer);
    timer = setTimeout(hide, LEAVING);
  }
}

addEventListener("pointerover", over);
addEventListener("focusin", (event) => {
  const element = cutOff(event.target);
  if (element) show(element);
  else hide();
});
addEventListener("focusout", hide);
addEventListener("scroll", hide, true);
addEventListener("keydown", (event) => {
  if (event.key === "Escape") hide();
});

const FOCUSABLE = "a[href], button, input, select, summary";

/**
 * Makes the cut-off texts below `root` reachable with the Tab key, where they contain nothing that is.
 * @param {HTMLElement} root
 */
export function makeReachable(root) {
  for (const element of root.querySelectorAll(CUT)) {
    const isReached = element.matches(FOCUSABLE) || element.querySelector(FOCUSABLE);
    if (isCut(element) && !isReached) element.setAttribute("tabindex", "0");
    else element.removeAttribute("tabindex");
  }
}
