// @ts-check
/** Frame: the axes around a chart, with their titles, ticks and grid. */

import { svg } from "../dom.js";
import { scaleOf } from "../format.js";
import { scale } from "./scale.js";

/** @typedef {import("./scale.js").Scale} Scale */
/**
 * @typedef {object} Axis
 * @property {[number, number]} domain
 * @property {string} title
 * @property {string} [unit]
 * @property {boolean} [isLog]
 * @property {boolean} [isBare]  without ticks: what stands there says what it is
 */

const LEFT = 62;
const RIGHT = 14;
const TOP = 12;
const BOTTOM = 46;

/**
 * @param {number} width
 * @param {number} height
 * @param {Axis} xAxis
 * @param {Axis} yAxis
 * @returns {{x: Scale, y: Scale, axes: SVGElement, inner: {left: number, right: number, top: number, bottom: number}}}
 */
export function frame(width, height, xAxis, yAxis) {
  const inner = { left: LEFT, right: width - RIGHT, top: TOP, bottom: height - BOTTOM };
  const x = scale(xAxis.domain, [inner.left, inner.right], xAxis.isLog, Math.max(3, Math.round(width / 110)));
  const y = scale(yAxis.domain, [inner.bottom, inner.top], yAxis.isLog, Math.max(3, Math.round(height / 70)));
  const axes = svg("g", { class: "axes", "aria-hidden": "true" });
  const tickX = labels(x.ticks, xAxis.unit);
  x.ticks.forEach((tick, index) => {
    axes.append(svg("line", { class: "grid", x1: x.to(tick), x2: x.to(tick), y1: inner.top, y2: inner.bottom }));
    axes.append(svg("text", { x: x.to(tick), y: inner.bottom + 17, "text-anchor": "middle" }, tickX[index]));
  });
  const ticks = yAxis.isBare ? [] : y.ticks;
  const tickY = labels(ticks, yAxis.unit);
  ticks.forEach((tick, index) => {
    axes.append(svg("line", { class: "grid", x1: inner.left, x2: inner.right, y1: y.to(tick), y2: y.to(tick) }));
    axes.append(svg("text", { x: inner.left - 8, y: y.to(tick) + 4, "text-anchor": "end" }, tickY[index]));
  });
  axes.append(svg("line", { class: "axis", x1: inner.left, x2: inner.right, y1: inner.bottom, y2: inner.bottom }));
  axes.append(svg("line", { class: "axis", x1: inner.left, x2: inner.left, y1: inner.top, y2: inner.bottom }));
  const middle = (inner.top + inner.bottom) / 2;
  axes.append(svg("text", { class: "title", x: inner.right, y: height - 8, "text-anchor": "end" }, xAxis.title));
  axes.append(
    svg("text", { class: "title", x: 0, y: 0, transform: `translate(13 ${middle}) rotate(-90)`, "text-anchor": "middle" }, yAxis.title),
  );
  return { x, y, axes, inner };
}

/**
 * All ticks of an axis in one unit and with the same decimals.
 * @param {number[]} ticks
 * @param {string} [unit]
 */
function labels(ticks, unit) {
  const [factor, suffix] = unit ? scaleOf(unit, Math.max(...ticks.map(Math.abs), 0)) : [1, ""];
  const places = Math.max(0, ...ticks.map((tick) => (Number((tick * factor).toPrecision(6)).toString().split(".")[1] ?? "").length));
  return ticks.map((tick) => (tick * factor).toFixed(Math.min(places, 4)) + (suffix === " %" || suffix === "x" ? suffix.trim() : suffix));
}
