// @ts-check
/** What single swaps of a network do. */

import { html, table } from "../dom.js";
import { showPoints } from "../format.js";
import { link } from "../state.js";

/**
 * @typedef {{value: number, low: number, high: number, basis: string}} Told
 * @typedef {{swap: string, id: string, description: string, accuracy: Told, cost_ratio: Told, verdict: string}} Effect
 * @typedef {{id: string, cost: string, effects: Effect[], summary: string[]}} Advice
 */

/**
 * @param {Advice} advice
 * @param {import("./front.js").Context} context
 */
export function swapTable(advice, { study, state }) {
  const rows = advice.effects.map(({ swap, id, description, accuracy, cost_ratio: cost, verdict }) => [
    swap,
    study.index.has(id) ? html("a", { href: link(state, { view: "network", ids: [id] }) }, id) : id,
    showPoints(accuracy.value, accuracy.low, accuracy.high),
    `${cost.value.toFixed(3)}x (${cost.low.toFixed(3)}-${cost.high.toFixed(3)})`,
    verdict,
    accuracy.basis === cost.basis ? accuracy.basis : `${accuracy.basis}, cost ${cost.basis}`,
    description.split("[")[1]?.replace("]", "") ?? "",
  ]);
  return html("div", {},
    html("ul", {}, advice.summary.map((line) => html("li", {}, line))),
    rows.length ? table(`Single swaps of ${advice.id}`, ["swap", "network", "accuracy", advice.cost, "verdict", "known", "blocks"], rows) : null,
  );
}
