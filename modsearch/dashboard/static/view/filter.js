// @ts-check
/** Which networks are shown: what every filter leaves. */

import { choice, html } from "../dom.js";
import { count } from "../format.js";
import { FILTERS } from "../state.js";

/**
 * @typedef {import("./front.js").Context} Context
 * @typedef {import("../study.js").Study} Study
 * @typedef {import("../state.js").State} State
 */

export const TITLES = { kind: "kind", placement: "placement", sizes: "size", depth: "blocks", family: "backbone" };

/**
 * Indices of the networks that no filter leaves out.
 * @param {Study} study
 * @param {State} state
 */
export function visible(study, state) {
  const all = [...Array(study.num).keys()];
  return all.filter(
    (index) =>
      !state.hidden.includes(study.get("standing", index)) &&
      Object.entries(state.filters).every(([name, value]) => texts(study, name, index).includes(value)),
  );
}

/**
 * @param {Study} study
 * @param {string} name
 * @param {number} index
 * @returns {string[]}
 */
export function texts(study, name, index) {
  const value = study.get(name, index);
  return Array.isArray(value) ? (value.length ? value : ["none"]) : [String(value || "plain")];
}

/**
 * The different values of a choice, in their order.
 * @param {Study} study
 * @param {string} name
 */
export function values(study, name) {
  const found = new Set([...Array(study.num).keys()].flatMap((index) => texts(study, name, index)));
  return [...found].sort((one, other) => one.localeCompare(other, "en", { numeric: true }));
}

/**
 * @param {Context} context
 * @param {number} num
 */
export function filters({ study, state, go }, num) {
  const selects = FILTERS.map((name) => {
    const known = values(study, name);
    if (known.length < 2) return null;
    const options = /** @type {[string, string][]} */ ([["", "all"], ...known.map((value) => [value, value])]);
    return choice(TITLES[/** @type {keyof typeof TITLES} */ (name)], options, state.filters[name] ?? "", (value) => go({ filters: { ...state.filters, [name]: value } }));
  });
  return html("div", { class: "controls filters", role: "group", "aria-label": "Filters" }, selects, html("span", { class: "num", role: "status" }, `${num} of ${count(study.num, "network")}`));
}
