// @ts-check
/** Elements without markup in strings: whatever a study is called, it is text. */

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, unknown>} Attributes  `on...` are listeners; true is an attribute without a value */

/**
 * An HTML element.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...Child | Child[]} children
 * @returns {HTMLElement}
 */
export function html(tag, attributes = {}, ...children) {
  return /** @type {HTMLElement} */ (fill(document.createElement(tag), attributes, children));
}

/**
 * An SVG element.
 * @param {string} tag
 * @param {Attributes} [attributes]
 * @param {...Child | Child[]} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  return /** @type {SVGElement} */ (fill(document.createElementNS(SVG, tag), attributes, children));
}

/**
 * @param {Element} element
 * @param {Attributes} attributes
 * @param {(Child | Child[])[]} children
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/**
 * A choice with a label.
 * @param {string} label
 * @param {[string, string][]} options  value and text
 * @param {string} chosen
 * @param {(value: string) => void} choose
 */
export function choice(label, options, chosen, choose) {
  const items = options.map(([value, text]) => html("option", { value, selected: value === chosen }, text));
  const select = html("select", {
    "data-key": `choice ${label}`,
    onchange: (/** @type {Event} */ event) => choose(/** @type {HTMLSelectElement} */ (event.target).value),
  }, items);
  return html("label", { class: "choice" }, html("span", {}, label), select);
}

/**
 * A button that copies a text, and says so.
 * @param {string} text
 */
export function copier(text) {
  const button = html("button", { type: "button", class: "copy", "aria-label": `Copy: ${text}` }, "Copy");
  button.addEventListener("click", async () => {
    await copy(text);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return html("div", { class: "command" }, html("code", {}, text), button);
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // a file has no clipboard in some browsers
    const area = /** @type {HTMLTextAreaElement} */ (html("textarea", { class: "aside" }, text));
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

/**
 * A table with a caption.
 * @param {string} caption
 * @param {string[]} headings
 * @param {Child[][]} rows  the first cell of each is its heading
 * @param {string} [kind]
 */
export function table(caption, headings, rows, kind = "") {
  const head = html("thead", {}, html("tr", {}, headings.map((text) => html("th", { scope: "col" }, text))));
  const body = rows.map((cells) =>
    html("tr", {}, cells.map((cell, index) => html(index ? "td" : "th", index ? {} : { scope: "row" }, cell))),
  );
  const found = html("table", { class: kind }, html("caption", {}, caption), head, html("tbody", {}, body));
  return html("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": caption }, found);
}
