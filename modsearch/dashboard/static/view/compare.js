// @ts-check
/** Two to six networks side by side, with the differences of their accuracies. */

import { lineChart, lineKeys } from "../chart/line.js";
import { sized } from "../chart/sized.js";
import { choice, html, table } from "../dom.js";
import { showMeasured, showPoints } from "../format.js";
import { link } from "../state.js";
import { glyph } from "./network.js";

/** @typedef {import("./front.js").Context} Context */

const MOST = 6;

/** @param {Context} context */
export function compareView(context) {
  const { study, state, go } = context;
  const given = state.ids.filter((id) => study.index.has(id)).slice(0, MOST);
  const ids = given.length ? given : study.having("front").slice(0, 2).map((index) => study.get("id", index));
  const left = [...study.index.keys()].filter((id) => !ids.includes(id) && scored(study, id));
  const options = /** @type {[string, string][]} */ ([["", "add a network"], ...left.map((id) => [id, nameOf(study, id)])]);
  const section = html("section", { class: "view view-compare" },
    html("h2", {}, "Compare"),
    html("div", { class: "controls" },
      ids.length < MOST && choice("Add", options, "", (id) => go({ ids: [...ids, id] })),
      ...ids.map((id) => html("button", { type: "button", "data-key": `drop ${id}`, onclick: () => go({ ids: ids.filter((one) => one !== id) }) }, `Remove ${nameOf(study, id)}`)),
    ),
    html("div", { class: "cards" }, ids.map((id) => card(context, id))),
    figures(context, ids),
    curves(context, ids),
  );
  const place = html("div", {}, differences(context, ids));
  section.append(place);
  if (context.isLive && ids.length > 1) ask(context, ids, place);
  return section;
}

/**
 * The server compares image by image; a saved page holds such pairs of the front alone.
 * @param {Context} context
 * @param {string[]} ids
 * @param {HTMLElement} place
 */
async function ask(context, ids, place) {
  const query = ids.filter((id) => scored(context.study, id)).map((id) => `id=${encodeURIComponent(id)}`);
  if (query.length < 2) return;
  const found = await context.ask(`study/${context.state.study}/compare.json?${query.join("&")}`).catch(() => null);
  if (!found) return;
  context.study.values.pairs = [...found, ...context.study.values.pairs];
  place.replaceChildren(differences(context, ids) ?? "");
}

/**
 * @param {import("../study.js").Study} study
 * @param {string} id
 */
function nameOf(study, id) {
  return study.nameOf(study.index.get(id) ?? 0);
}

/**
 * @param {import("../study.js").Study} study
 * @param {string} id
 */
function scored(study, id) {
  return ["front", "dominated"].includes(study.get("standing", study.index.get(id) ?? 0));
}

/**
 * @param {Context} context
 * @param {string} id
 */
function card({ study, state }, id) {
  const index = study.index.get(id) ?? 0;
  return html("article", { class: "card" },
    html("h3", {}, html("a", { href: link(state, { view: "network", ids: [id] }) }, study.nameOf(index))),
    glyph(study.get("description", index), study.get("selected", index)),
  );
}

/**
 * @param {Context} context
 * @param {string[]} ids
 */
function figures({ study }, ids) {
  const indices = ids.map((id) => study.index.get(id) ?? 0);
  const rows = study.metrics.map((name) => [name, ...indices.map((index) => showMeasured(study.measured(name, index), study.metric(name).unit))]);
  return table("Measurements, with 95 % intervals", ["metric", ...ids.map((id) => nameOf(study, id))], rows);
}

/**
 * @param {Context} context
 * @param {string[]} ids
 */
function curves({ study }, ids) {
  const lines = ids.flatMap((id) => {
    const known = /** @type {(number | null)[]} */ (study.get("curve", study.index.get(id) ?? 0));
    const points = known.flatMap((accuracy, epoch) => (accuracy === null ? [] : [/** @type {[number, number]} */ ([epoch + 1, accuracy])]));
    return points.length ? [{ name: nameOf(study, id), points }] : [];
  });
  if (!lines.length) return null;
  const draw = (/** @type {number} */ width) => lineChart({ width, height: 260, label: "Learning curves", x: { title: "epoch" }, y: { title: "accuracy", unit: "fraction" }, lines });
  return html("div", {}, html("h3", {}, "Learning curves"), sized(260, draw), lineKeys(lines.map((line) => line.name)));
}

/**
 * @param {Context} context
 * @param {string[]} ids
 */
function differences({ study }, ids) {
  const rows = ids.flatMap((one, number) => ids.slice(number + 1).flatMap((other) => {
    const found = study.difference(study.index.get(one) ?? 0, study.index.get(other) ?? 0);
    return found ? [[`${nameOf(study, one)} - ${nameOf(study, other)}`, showPoints(found.value, found.low, found.high), found.basis]] : [];
  }));
  return rows.length ? table("Differences of accuracy, with 95 % intervals", ["networks", "difference", "known by"], rows) : null;
}
