// @ts-check
/** Where light blocks pay: where they stand along the front, what one more of them does, and single swaps. */

import { sized } from "../chart/sized.js";
import { frame } from "../chart/frame.js";
import { extent } from "../chart/scale.js";
import { round } from "../chart/mark.js";
import { choice, copier, html, svg, table } from "../dom.js";
import { showPoints } from "../format.js";
import { swapTable } from "./swap.js";

/**
 * @typedef {import("./front.js").Context} Context
 * @typedef {{stage: number, position: number, num_front: number, num_front_light: number, num_scored: number, num_scored_light: number}} Slot
 * @typedef {{value: number, low: number, high: number}} Ends
 * @typedef {{change: string, kind: string, accuracy: Ends, log_cost: Ends}} Effect
 */

const CELL = 46;

/** @param {Context} context */
export function placementView(context) {
  const { study } = context;
  const { slots, effects, unknown } = study.values.placement;
  return html("section", { class: "view view-placement" },
    html("h2", {}, "Where blocks stand and what they do"),
    heatMaps(study.values.light, slots),
    html("h3", {}, "What one change does"),
    html("p", { class: "note" }, "In the mean of the networks that were tried, by a regression over all of them. What a network gains by its own blocks its controls tell: modsearch refine STUDY --controls."),
    effects.length ? html("div", {}, bars(effects), effectTable(study, effects)) : html("p", {}, "Too few networks were scored to tell."),
    unknown.length ? html("p", { class: "note" }, `Not told by what was tried: ${unknown.join(", ")}.`) : null,
    swaps(context),
  );
}

/**
 * @param {string} light
 * @param {Slot[]} slots
 */
function heatMaps(light, slots) {
  const maps = /** @type {const} */ ([["front", "On the front"], ["scored", "Of all that was scored"]]);
  return html("div", { class: "cards" }, maps.map(([name, title]) => html("figure", { class: "card" }, html("figcaption", {}, `${title}: share of networks with a ${light} block there`), heatMap(slots, name, title))));
}

/**
 * Stages from above to below, positions from left to right; the share in a cell is written in it.
 * @param {Slot[]} slots
 * @param {"front" | "scored"} name
 * @param {string} title
 */
function heatMap(slots, name, title) {
  const num = Math.max(0, ...slots.map((slot) => slot.position)) + 1;
  const stages = Math.max(0, ...slots.map((slot) => slot.stage)) + 1;
  const [width, height] = [60 + num * CELL, 22 + stages * 30];
  const group = svg("g", { class: "heat" });
  for (let stage = 0; stage < stages; stage++) group.append(svg("text", { class: "label", x: 0, y: 41 + stage * 30 }, `stage ${stage}`));
  for (let position = 0; position < num; position++) group.append(svg("text", { class: "label", x: 60 + position * CELL + CELL / 2, y: 14, "text-anchor": "middle" }, position));
  const words = [];
  for (const slot of slots) {
    const [all, having] = name === "front" ? [slot.num_front, slot.num_front_light] : [slot.num_scored, slot.num_scored_light];
    if (!all) continue;
    const share = having / all;
    const [x, y] = [60 + slot.position * CELL, 22 + slot.stage * 30];
    group.append(svg("rect", { x, y, width: CELL, height: 30, fill: "var(--mod)", "fill-opacity": (0.05 + 0.75 * share).toFixed(2) }));
    group.append(svg("text", { class: share > 0.45 ? "on" : "", x: x + CELL / 2, y: y + 19, "text-anchor": "middle" }, `${having}/${all}`));
    if (having) words.push(`stage ${slot.stage} position ${slot.position}: ${having} of ${all}`);
  }
  return html("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": title }, svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${title}. ${words.join("; ") || "none"}` }, group));
}

/**
 * Each change by its effect on accuracy with its interval.
 * @param {Effect[]} effects
 */
function bars(effects) {
  const height = 60 + 24 * effects.length;
  return sized(height, (width) => {
    const domain = extent([0, ...effects.flatMap((effect) => [effect.accuracy.low, effect.accuracy.high])]);
    const { x, axes, inner } = frame(width, height, { domain, title: "change of accuracy", unit: "fraction" }, { domain: [0, 1], title: "", isBare: true });
    const chart = svg("svg", { class: "chart effects", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": "Effects on accuracy; the table below has the figures" });
    chart.append(axes, svg("line", { class: "zero", x1: x.to(0), x2: x.to(0), y1: inner.top, y2: inner.bottom }));
    effects.forEach((effect, index) => {
      const y = inner.top + 14 + 24 * index;
      const { value, low, high } = effect.accuracy;
      chart.append(svg("line", { class: "effect-bar", x1: round(x.to(low)), x2: round(x.to(high)), y1: y, y2: y }), svg("circle", { class: "effect-dot", cx: round(x.to(value)), cy: y, r: 4 }));
      chart.append(svg("text", { class: "label", x: inner.left + 4, y: y - 6 }, effect.change));
    });
    return chart;
  });
}

/**
 * @param {import("../study.js").Study} study
 * @param {Effect[]} effects
 */
function effectTable(study, effects) {
  const percent = (/** @type {number} */ log) => `${log < 0 ? "-" : "+"}${Math.abs(100 * Math.expm1(log)).toFixed(1)}`;
  const rows = effects.map(({ change, accuracy, log_cost: cost }) => [
    change,
    showPoints(accuracy.value, accuracy.low, accuracy.high),
    `${percent(cost.value)} % (${percent(cost.low)} to ${percent(cost.high)})`,
  ]);
  return table("Effects, with 95 % intervals", ["change", "accuracy", study.values.placement.cost], rows);
}

/** @param {Context} context */
function swaps(context) {
  const { study, state, go, isLive } = context;
  const fallback = study.values.knee ?? study.get("id", study.having("front")[0]);
  const id = study.index.has(state.ids[0]) ? state.ids[0] : fallback;
  const options = study.having("front").map((index) => /** @type {[string, string]} */ ([study.get("id", index), study.nameOf(index)]));
  if (!options.some(([value]) => value === id)) options.push([id, study.nameOf(study.index.get(id) ?? 0)]);
  const place = html("div", { "aria-live": "polite" });
  const known = study.values.swaps?.[id];
  if (known) place.append(swapTable(known, context));
  else if (isLive) ask(context, id, place);
  else place.append(html("p", {}, "This page was saved without the swaps of this network:"), copier(`modsearch describe ${study.values.target} --id ${id} --swaps`));
  return html("div", {}, html("h3", {}, "Single swaps"), html("div", { class: "controls" }, choice("Of", options, id, (value) => go({ ids: [value] }))), place);
}

/**
 * @param {Context} context
 * @param {string} id
 * @param {HTMLElement} place
 */
async function ask(context, id, place) {
  place.append(html("p", { class: "note" }, "Looking up what swaps do."));
  try {
    const advice = await context.ask(`study/${context.state.study}/swaps.json?id=${encodeURIComponent(id)}`);
    place.replaceChildren(swapTable(advice, context));
  } catch (error) {
    place.replaceChildren(html("p", { class: "reason" }, String(/** @type {Error} */ (error).message)));
  }
}
