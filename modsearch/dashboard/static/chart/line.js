// @ts-check
/** A chart of lines, such as a learning curve or the hypervolume over time. */

import { html, svg } from "../dom.js";
import { frame } from "./frame.js";
import { extent } from "./scale.js";
import { round } from "./mark.js";

/**
 * @typedef {{name: string, points: [number, number][], isStep?: boolean, kind?: string}} Line
 * @param {{width: number, height: number, label: string, x: {title: string, unit?: string}, y: {title: string, unit?: string}, lines: Line[]}} options
 */
export function lineChart({ width, height, label, x: xAbout, y: yAbout, lines }) {
  const points = lines.flatMap((line) => line.points);
  const { x, y, axes } = frame(
    width, height,
    { domain: extent(points.map(([at]) => at)), ...xAbout },
    { domain: extent(points.map(([, value]) => value)), ...yAbout },
  );
  const chart = svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label }, axes);
  lines.forEach((line, index) => {
    const places = line.points.map(([at, value]) => [round(x.to(at)), round(y.to(value))]);
    const path = places.map(([px, py], number) => (number ? (line.isStep ? `H${px}V${py}` : `L${px} ${py}`) : `M${px} ${py}`)).join("");
    chart.append(svg("path", { class: `line ${line.kind ?? `line-${index % 6}`}`, d: path, fill: "none" }));
    if (places.length === 1) chart.append(svg("circle", { class: `line-dot`, cx: places[0][0], cy: places[0][1], r: 3 }));
  });
  return chart;
}

/**
 * Which line is which.
 * @param {string[]} names
 */
export function lineKeys(names) {
  const keys = names.map((name, index) => {
    const sign = svg("svg", { width: 26, height: 10, "aria-hidden": "true" }, svg("path", { class: `line line-${index % 6}`, d: "M1 5H25", fill: "none" }));
    return html("span", { class: "key" }, sign, " ", name);
  });
  return html("p", { class: "legend" }, keys);
}
