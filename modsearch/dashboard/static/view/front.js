// @ts-check
/** The front: networks by two metrics, what lies below a limit, and the hypervolume. */

import { lineChart } from "../chart/line.js";
import { scatter } from "../chart/scatter.js";
import { sized } from "../chart/sized.js";
import { choice, html, table } from "../dom.js";
import { count, show, showMeasured, showProbability } from "../format.js";
import { link } from "../state.js";
import { ACCURACY } from "../study.js";
import { TITLES, filters, visible } from "./filter.js";
import { overlays, point, ties } from "./point.js";

/**
 * @typedef {import("../study.js").Study} Study
 * @typedef {import("../state.js").State} State
 * @typedef {{study: Study, studies: Study[], state: State, isLive: boolean, ask: (path: string) => Promise<any>, go: (changes: Partial<State>, isQuiet?: boolean) => void}} Context
 */

const HEIGHT = 430;
const STANDINGS = /** @type {const} */ (["front", "dominated", "unmeasured", "infeasible", "screened", "running", "failed"]);
const WORDS = {
  front: "on the front",
  dominated: "dominated",
  unmeasured: "only predicted",
  infeasible: "breaks a constraint",
  screened: "training stopped",
  running: "running",
  failed: "failed",
};

/** @param {Context} context */
export function frontView(context) {
  const { study, state } = context;
  const x = study.metrics.includes(state.x) ? state.x : study.cost;
  const y = study.metrics.includes(state.y) ? state.y : ACCURACY;
  const shown = visible(study, state);
  const card = html("div", { class: "card", "aria-live": "polite" });
  const look = (/** @type {number | null} */ index) => card.replaceChildren(...about(context, index, x, y));
  look(chosen(study, state));
  const points = shown.flatMap((index) => point(context, index, x, y) ?? []);
  const draw = (/** @type {number} */ width) =>
    scatter({
      width,
      height: HEIGHT,
      label: `${study.metric(y)?.label ?? y} by ${study.metric(x)?.label ?? x}: ${count(points.length, "network")}`,
      x: { title: study.metric(x)?.label ?? x, unit: study.metric(x)?.unit ?? "", isLog: state.scale === "log" },
      y: { title: study.metric(y)?.label ?? y, unit: study.metric(y)?.unit ?? "" },
      points,
      hasSteps: study.metric(x)?.direction === "minimize" && study.metric(y)?.direction === "maximize",
      limit: state.limit,
      reference: x.startsWith("relative_latency") ? 1 : null,
      ties: ties(study, chosen(study, state)),
      chosen: chosen(study, state),
      overlays: overlays(context, x, y),
      onLook: look,
    });
  return html(
    "section", { class: "view view-front" },
    html("h2", {}, study.values.words.title),
    html("p", { class: "sub" }, study.values.words.subtitle),
    study.values.words.warning && html("p", { class: "warning", role: "note" }, study.values.words.warning),
    axes(context, x, y),
    html("div", { class: "beside" }, html("figure", {}, sized(HEIGHT, draw), legend(context, shown)), card),
    limitSlider(context, x),
    filters(context, shown.length),
    html("h3", {}, "What it says"),
    html("ul", { class: "verdict" }, study.values.verdict.map((/** @type {string} */ line) => html("li", {}, line))),
    members(context, x, y),
    hypervolume(context),
    html("details", {}, html("summary", {}, "How this was measured"), html("ul", {}, study.values.words.notes.map((/** @type {string} */ line) => html("li", {}, line)))),
  );
}

/**
 * @param {Study} study
 * @param {State} state
 */
function chosen(study, state) {
  return study.index.get(state.ids[0]) ?? null;
}

/**
 * What is known of the network that is looked at.
 * @param {Context} context
 * @param {number | null} index
 * @param {string} x
 * @param {string} y
 */
function about({ study, state }, index, x, y) {
  if (index === null) return [html("p", { class: "hint" }, "Point at a network, or reach it with the Tab key, to see it here. Select it to open it.")];
  const id = study.get("id", index);
  const membership = showProbability(study.get("membership", index));
  return [
    html("h3", {}, html("a", { href: link(state, { view: "network", ids: [id] }) }, study.nameOf(index))),
    html("p", { class: "network" }, study.get("description", index)),
    html("dl", {},
      ...[...new Set([y, x, ACCURACY, study.cost])].flatMap((name) => [
        html("dt", {}, name),
        html("dd", {}, showMeasured(study.measured(name, index), study.metric(name)?.unit ?? "")),
      ]),
      html("dt", {}, "standing"),
      html("dd", {}, WORDS[/** @type {keyof typeof WORDS} */ (study.get("standing", index))]),
      membership && html("dt", {}, "P(front)"),
      membership && html("dd", {}, membership),
    ),
    study.get("reason", index) && html("p", { class: "reason" }, study.get("reason", index)),
  ];
}

/**
 * @param {Context} context
 * @param {string} x
 * @param {string} y
 */
function axes({ study, state, go }, x, y) {
  const metrics = /** @type {[string, string][]} */ (study.metrics.map((name) => [name, name]));
  const choices = /** @type {[string, string][]} */ (Object.entries(TITLES));
  return html(
    "div", { class: "controls" },
    choice("Across", metrics, x, (value) => go({ x: value, limit: null })),
    choice("Up", metrics, y, (value) => go({ y: value })),
    choice("Colour", [["", "kind and standing"], ...choices, ...metrics], state.colour, (value) => go({ colour: value })),
    choice("Scale", [["linear", "linear"], ["log", "logarithmic"]], state.scale, (value) => go({ scale: value })),
  );
}

/**
 * @param {Context} context
 * @param {number[]} shown
 */
function legend({ study, state, go }, shown) {
  const nums = new Map(STANDINGS.map((standing) => [standing, study.having(standing).length]));
  const buttons = STANDINGS.filter((standing) => nums.get(standing)).map((standing) => {
    const isHidden = state.hidden.includes(standing);
    const hidden = isHidden ? state.hidden.filter((one) => one !== standing) : [...state.hidden, standing];
    return html("button", {
      type: "button", class: `key key-${standing}`, "aria-pressed": String(!isHidden), "data-key": `key ${standing}`, onclick: () => go({ hidden }),
    }, html("span", { class: "sign", "aria-hidden": "true" }), `${WORDS[standing]} ${nums.get(standing)}`);
  });
  return html("figcaption", { class: "legend" }, buttons, html("span", { class: "key" }, "Circles: MoD. Diamonds: plain. Squares: other blocks. Bars: 95 % intervals."), shown.length ? null : html("p", {}, "No network is left."));
}

/**
 * The most accurate network whose whole interval lies below a limit of the metric across.
 * @param {Context} context
 * @param {string} x
 */
function limitSlider({ study, state, go }, x) {
  const metric = study.metric(x);
  const ends = [...Array(study.num).keys()].flatMap((index) => (["front", "dominated"].includes(study.get("standing", index)) ? study.measured(x, index)?.high ?? [] : []));
  if (!metric || metric.direction !== "minimize" || !ends.length) return null;
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const at = state.limit ?? high * 1.001;
  const best = below(study, x, at);
  const output = html("output", { class: "best" }, ...bestWords(study, state, best, x, at));
  const slider = html("input", {
    type: "range", min: low, max: high * 1.001, step: (high - low) / 400 || 0.001, value: at, "data-key": "limit", "aria-label": `${metric.label} at most`,
    "aria-valuetext": show(at, metric.unit),
    oninput: (/** @type {Event} */ event) => go({ limit: Number(/** @type {HTMLInputElement} */ (event.target).value) }, true),
  });
  return html("div", { class: "limit" }, html("label", {}, html("span", {}, `${x} at most ${show(at, metric.unit)}`), slider), output);
}

/**
 * @param {Study} study
 * @param {string} x
 * @param {number} limit
 */
function below(study, x, limit) {
  let best = null;
  for (let index = 0; index < study.num; index++) {
    if (!["front", "dominated"].includes(study.get("standing", index))) continue;
    const [at, accuracy] = [study.measured(x, index), study.measured(ACCURACY, index)];
    if (!at || !accuracy || at.high >= limit) continue;
    if (best === null || accuracy.value > /** @type {{value: number}} */ (study.measured(ACCURACY, best)).value) best = index;
  }
  return best;
}

/**
 * @param {Study} study
 * @param {State} state
 * @param {number | null} best
 * @param {string} x
 * @param {number} limit
 */
function bestWords(study, state, best, x, limit) {
  if (best === null) return [`No network lies below ${show(limit, study.metric(x).unit)}.`];
  const accuracy = showMeasured(study.measured(ACCURACY, best), "fraction");
  return ["Most accurate below it: ", html("a", { href: link(state, { view: "network", ids: [study.get("id", best)] }), "data-key": "best" }, study.nameOf(best)), `, ${accuracy}`];
}

/**
 * @param {Context} context
 * @param {string} x
 * @param {string} y
 */
function members({ study, state }, x, y) {
  const names = [...new Set([ACCURACY, ...study.values.objectives.map((/** @type {{name: string}} */ one) => one.name), x, y])].filter((name) => study.metric(name));
  const found = study.having("front").sort((one, other) => (study.measured(study.cost, one)?.value ?? 0) - (study.measured(study.cost, other)?.value ?? 0));
  const rows = found.map((index) => [
    html("a", { href: link(state, { view: "network", ids: [study.get("id", index)] }) }, study.nameOf(index)),
    ...names.map((name) => showMeasured(study.measured(name, index), study.metric(name).unit)),
    showProbability(study.get("membership", index)),
    study.get("description", index) + (study.get("id", index) === study.values.knee ? " (knee)" : ""),
  ]);
  return table("The front, from low to high cost", ["network", ...names, "P(front)", "blocks"], rows);
}

/** @param {Context} context */
function hypervolume({ study, state, go }) {
  const curve = /** @type {[number, number][]} */ (study.values.health.hypervolume);
  if (curve.length < 2) return null;
  const isHours = state.over === "hours";
  const lines = [{ name: study.name, isStep: true, points: curve.map(([seconds, volume], index) => /** @type {[number, number]} */ ([isHours ? seconds / 3600 : index + 1, volume])) }];
  const x = isHours ? { title: "hours of search" } : { title: "trials" };
  return html("div", {},
    html("h3", {}, "Hypervolume"),
    html("div", { class: "controls" }, choice("Over", [["trials", "trials"], ["hours", "hours of search"]], state.over, (value) => go({ over: value }))),
    sized(220, (width) => lineChart({ width, height: 220, label: `Hypervolume over ${x.title}: ${study.values.hypervolume.toPrecision(4)} now`, x, y: { title: "hypervolume" }, lines })),
  );
}
