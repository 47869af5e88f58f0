// @ts-check
/** One network: what it is, what was measured, how it was trained, and what to type next. */

import { lineChart } from "../chart/line.js";
import { sized } from "../chart/sized.js";
import { choice, copier, html, svg, table } from "../dom.js";
import { count, show, showDuration, showMeasured, showPoints, showProbability } from "../format.js";
import { link } from "../state.js";

/** @typedef {import("./front.js").Context} Context */

const SLOT = 22;

/** @param {Context} context */
export function networkView(context) {
  const { study, state, go } = context;
  const index = study.index.get(state.ids[0] ?? study.values.knee ?? "") ?? study.having("front")[0] ?? 0;
  const id = study.get("id", index);
  const options = [...Array(study.num).keys()].map((one) => /** @type {[string, string]} */ ([study.get("id", one), study.nameOf(one)]));
  return html(
    "section", { class: "view view-network" },
    html("h2", {}, study.nameOf(index)),
    html("div", { class: "controls" },
      choice("Network", options, id, (value) => go({ ids: [value] })),
      html("a", { class: "button", href: link(state, { view: "compare", ids: [id, ...others(study, index)].slice(0, 6) }) }, "Compare"),
      html("a", { class: "button", href: link(state, { view: "placement", ids: [id] }) }, "Swaps"),
    ),
    html("p", { class: "network" }, study.get("description", index)),
    glyph(study.get("description", index), study.get("selected", index)),
    standing(context, index),
    measurements(context, index),
    curve(context, index),
    speedups(context, index),
    controls(context, index),
    selectivity(context, index),
    commands(context, id),
    html("details", {}, html("summary", {}, "JSON"), html("pre", { tabindex: 0 }, JSON.stringify(values(study, index), null, 2))),
  );
}

/**
 * Its deleted form, and the reference.
 * @param {import("../study.js").Study} study
 * @param {number} index
 */
function others(study, index) {
  const names = [study.get("deleted", index), study.values.reference.id];
  return [...new Set(names)].filter((name) => study.index.has(name) && name !== study.get("id", index));
}

/**
 * Stages from left to right, a block a slot; light blocks are as high as the share of channels that they work on.
 * @param {string} description
 * @param {[number, number][]} selected
 */
export function glyph(description, selected) {
  const stages = (description.split("[")[1] ?? "").replace("]", "").split(" | ").map((stage) => stage.trim().split(" "));
  const group = svg("g", {});
  let x = 4;
  stages.forEach((stage, number) => {
    const [channels, picked] = selected[number] ?? [0, 0];
    group.append(svg("text", { class: "label", x, y: 12 }, `${channels} ch`));
    for (const symbol of stage) {
      const isLight = symbol !== "S";
      const height = isLight ? Math.max(5, 44 * Math.sqrt(picked / (channels || 1))) : 44;
      group.append(svg("rect", { class: isLight ? "slot light" : "slot", x, y: 62 - height, width: SLOT - 4, height, rx: 2 }));
      if (isLight) group.append(svg("text", { class: "label", x: x + 9, y: 76, "text-anchor": "middle" }, `k${picked}`));
      x += SLOT;
    }
    x = Math.max(x, x + 14);
  });
  const words = stages.map((stage, number) => `stage ${number}: ${count(stage.length, "block")}, ${stage.filter((one) => one !== "S").length} light`).join("; ");
  const drawing = svg("svg", { class: "glyph", width: x + 4, height: 82, viewBox: `0 0 ${x + 4} 82`, role: "img", "aria-label": words }, group);
  return html("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Blocks of the network" }, drawing);
}

/**
 * @param {Context} context
 * @param {number} index
 */
function standing({ study }, index) {
  const facts = [
    `Trial ${study.get("trial", index)}`,
    study.get("standing", index),
    `placement ${study.get("placement", index)}`,
    count(study.get("depth", index), "block"),
    study.get("seconds", index) ? `${showDuration(study.get("seconds", index))} of search` : "",
    study.get("membership", index) === null ? "" : `P(front) ${showProbability(study.get("membership", index))}`,
    study.get("id", index) === study.values.knee ? "the knee" : "",
    study.get("reason", index),
  ];
  return html("p", { class: "sub" }, facts.filter(Boolean).join(" · "));
}

/**
 * @param {Context} context
 * @param {number} index
 */
function measurements({ study }, index) {
  const rows = study.metrics.flatMap((name) => {
    const measured = study.measured(name, index);
    return measured ? [[name, showMeasured(measured, study.metric(name).unit), study.metric(name).label]] : [];
  });
  const where = study.get("environment", index);
  const environment = where === null ? "" : `Measured on ${study.networks.environments[where]}.`;
  const uncertain = study.get("uncertain", index);
  const wide = uncertain.length ? ` Timed less precisely than asked for: ${uncertain.join(", ")}.` : "";
  return html("div", {}, table("Measurements, with 95 % intervals", ["metric", "value", "what it is"], rows), html("p", { class: "note" }, environment + wide));
}

/**
 * @param {Context} context
 * @param {number} index
 */
function curve({ study }, index) {
  const known = /** @type {(number | null)[]} */ (study.get("curve", index));
  const points = known.flatMap((accuracy, epoch) => (accuracy === null ? [] : [/** @type {[number, number]} */ ([epoch + 1, accuracy])]));
  if (!points.length) return null;
  const label = `Learning curve: accuracy ${show(points.at(-1)?.[1], "fraction")} after ${count(points.length, "epoch")}`;
  const draw = (/** @type {number} */ width) => lineChart({ width: Math.min(width, 720), height: 220, label, x: { title: "epoch" }, y: { title: "accuracy", unit: "fraction" }, lines: [{ name: "", points }] });
  return html("div", {}, html("h3", {}, "Learning curve"), sized(220, draw));
}

/**
 * @param {Context} context
 * @param {number} index
 */
function speedups({ study }, index) {
  const rows = Object.entries(study.networks.speedups).flatMap(([place, all]) => {
    const found = all[index];
    if (!found) return [];
    const measured = found.measured ? showMeasured(found.measured, "x plain form") : "not timed";
    return [[place, show(found.gmacs_saved, "fraction"), `${found.ideal.toFixed(2)}x`, measured, found.outcome ?? ""]];
  });
  return rows.length ? table("Speed-up over standard blocks", ["deployment", "MACs saved", "ideal", "measured", "time is"], rows) : null;
}

/**
 * @param {Context} context
 * @param {number} index
 */
function controls({ study, state }, index) {
  const id = study.get("id", index);
  const refined = study.values.refined?.networks.find((/** @type {{id: string}} */ one) => one.id === id);
  const rows = Object.entries(refined?.controls ?? {}).map(([name, held]) => [
    name.replaceAll("_", " "),
    showPoints(held.difference.value, held.difference.low, held.difference.high),
    `${held.cost_ratio.toFixed(2)}x`,
    held.verdict,
    count(held.num_replicates, "training"),
  ]);
  if (rows.length) return table("Against its controls, trained anew", ["control", "difference", "cost", "verdict", "each"], rows);
  const deleted = study.index.get(study.get("deleted", index) ?? "");
  const difference = deleted === undefined ? null : study.difference(index, deleted);
  if (deleted === undefined || !difference) return null;
  const name = html("a", { href: link(state, { ids: [study.get("id", deleted)] }) }, `deleted: ${study.nameOf(deleted)}`);
  return table("Against its control, one training each", ["control", "difference", "known by"], [[name, showPoints(difference.value, difference.low, difference.high), difference.basis]]);
}

/**
 * @param {Context} context
 * @param {number} index
 */
function selectivity({ study }, index) {
  const rows = /** @type {number[][]} */ (study.get("selectivity", index)).map(([stage, block, other, tied]) => [`stage ${stage} block ${block}`, show(other, "fraction"), show(tied, "fraction")]);
  return rows.length ? table("Which channels are picked", ["block", "images with other channels", "tied scores"], rows) : null;
}

/**
 * @param {Context} context
 * @param {string} id
 */
function commands({ study }, id) {
  const target = quoted(study.values.target);
  return html("div", {}, html("h3", {}, "Next"), ...["describe", "train", "export"].map((verb) => copier(`modsearch ${verb} ${target} --id ${id}${verb === "export" ? ` --to ${id}` : ""}`)), copier(`modsearch refine ${target} --controls --id ${id}`));
}

/** @param {string} text  as a shell takes it */
function quoted(text) {
  return /^[\w./:@#%+=,-]+$/.test(text) && !text.includes("#") ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Everything in the page about one network.
 * @param {import("../study.js").Study} study
 * @param {number} index
 */
function values(study, index) {
  const columns = Object.fromEntries(Object.entries(study.networks.columns).map(([name, column]) => [name, column[index]]));
  const scores = Object.fromEntries(study.metrics.flatMap((name) => {
    const { unit, value, low, high } = study.metric(name);
    return value[index] === null ? [] : [[name, { value: value[index], low: low[index], high: high[index], unit }]];
  }));
  return { ...columns, scores };
}
