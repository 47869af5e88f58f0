// @ts-check
/** Networks as points of the front's picture: shape, colour, words and what they are tied to. */

import { shapeOf } from "../chart/mark.js";
import { showMeasured } from "../format.js";
import { link } from "../state.js";
import { texts, values } from "./filter.js";

/**
 * @typedef {import("./front.js").Context} Context
 * @typedef {import("../study.js").Study} Study
 * @typedef {import("../chart/scatter.js").Point} Point
 */

/** @type {Record<string, import("../chart/mark.js").Shape>} */
const SHAPES = { infeasible: "cross", screened: "triangle", running: "plus", failed: "cross", unmeasured: "square" };

/**
 * @param {Context} context
 * @param {number} index
 * @param {string} x
 * @param {string} y
 * @returns {Point | null}
 */
export function point({ study, state }, index, x, y) {
  const at = study.measured(x, index);
  if (!at) return null;
  const standing = study.get("standing", index);
  const isMember = standing === "front";
  const kind = study.get("kind", index);
  const usual = isMember ? `kind-${kindClass(kind)}` : standing;
  return {
    index,
    x: at,
    y: study.measured(y, index),
    shape: SHAPES[standing] ?? shapeOf(kind),
    kind: state.colour ? colourOf(study, state.colour, index) : usual,
    opacity: isMember ? 0.2 + 0.8 * (study.get("membership", index) ?? 1) : 1,
    label: line(study, index, x, y),
    name: study.get("published", index),
    href: link(state, { view: "network", ids: [study.get("id", index)] }),
    isMember,
  };
}

/**
 * One of six colours: of a metric by its rank, of a choice by its order.
 * @param {Study} study
 * @param {string} name
 * @param {number} index
 */
function colourOf(study, name, index) {
  const metric = study.metric(name);
  if (!metric) {
    const known = values(study, name);
    return `colour-${known.indexOf(texts(study, name, index)[0]) % 6}`;
  }
  const value = metric.value[index];
  if (value === null) return "colour-none";
  const known = /** @type {number[]} */ (metric.value.filter((one) => one !== null));
  const [low, high] = known.reduce(([a, b], one) => [Math.min(a, one), Math.max(b, one)], [Infinity, -Infinity]);
  return `shade-${Math.min(5, Math.floor((6 * (value - low)) / (high - low || 1)))}`;
}

/** @param {string} kind */
function kindClass(kind) {
  return kind === "MoD" ? "mod" : kind ? "other" : "plain";
}

/**
 * @param {Study} study
 * @param {number} index
 * @param {string} x
 * @param {string} y
 */
function line(study, index, x, y) {
  const figures = [y, x].map((name) => `${name} ${showMeasured(study.measured(name, index), study.metric(name)?.unit ?? "")}`);
  return `${study.nameOf(index)}: ${figures.join(", ")}`;
}

/**
 * The chosen network's controls, and the networks that it is a control of.
 * @param {Study} study
 * @param {number | null} index
 */
export function ties(study, index) {
  if (index === null) return [];
  const id = study.get("id", index);
  const found = [...Array(study.num).keys()].filter(
    (other) => study.get("deleted", index) === study.get("id", other) || study.get("deleted", other) === id,
  );
  const planned = (study.values.refined?.networks ?? []).flatMap((/** @type {{id: string, control_of: Record<string, string>}} */ one) =>
    one.id === id ? Object.keys(one.control_of) : id in one.control_of ? [one.id] : [],
  );
  const others = planned.flatMap((/** @type {string} */ name) => study.index.get(name) ?? []);
  return [...new Set([...found, ...others])].map((other) => [index, other]);
}

/**
 * The fronts of the other studies.
 * @param {Context} context
 * @param {string} x
 * @param {string} y
 */
export function overlays(context, x, y) {
  const others = context.studies.filter((other) => other !== context.study && !other.problem);
  return others.map((other, number) => ({
    name: other.name,
    kind: `overlay-${number % 4}`,
    points: other.having("front").flatMap((index) => {
      const found = point({ ...context, study: other, state: { ...context.state, colour: "" } }, index, x, y);
      return found ? [{ ...found, name: null }] : [];
    }),
  }));
}
