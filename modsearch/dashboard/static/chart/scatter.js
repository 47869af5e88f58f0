// @ts-check
/** Networks by two metrics: what lies behind the front in a few paths, the front's members one by one. */

import { svg } from "../dom.js";
import { frame } from "./frame.js";
import { mark, round } from "./mark.js";
import { extent } from "./scale.js";

/**
 * @typedef {import("./mark.js").Shape} Shape
 * @typedef {{value: number, low: number, high: number}} Measured
 * @typedef {{index: number, x: Measured, y: Measured | null, shape: Shape, kind: string, opacity: number, label: string, name: string | null, href: string, isMember: boolean}} Point
 * @typedef {{name: string, kind: string, points: Point[]}} Overlay
 */

const REACH = 26;  // pixels within which the pointer finds a network

/**
 * @param {object} options
 * @param {number} options.width
 * @param {number} options.height
 * @param {string} options.label
 * @param {{title: string, unit: string, isLog?: boolean}} options.x
 * @param {{title: string, unit: string}} options.y
 * @param {Point[]} options.points
 * @param {boolean} options.hasSteps  a front of large y at small x
 * @param {number | null} options.limit  of x
 * @param {number | null} options.reference  a value of x
 * @param {number[][]} options.ties  pairs of indices
 * @param {number | null} options.chosen  an index
 * @param {Overlay[]} options.overlays
 * @param {(index: number | null) => void} options.onLook
 */
export function scatter(options) {
  const { width, height, points, overlays } = options;
  const all = [...points, ...overlays.flatMap((overlay) => overlay.points)];
  const known = all.filter((point) => point.y);
  const { x, y, axes, inner } = frame(
    width, height,
    { domain: extent(all.flatMap(({ x: at, isMember }) => (isMember ? [at.low, at.high] : [at.value])), options.x.isLog), ...options.x },
    { domain: extent(known.flatMap(({ y: at, isMember }) => (at ? (isMember ? [at.low, at.high] : [at.value]) : []))), ...options.y },
  );
  const place = (/** @type {Point} */ point) => ({
    px: round(x.to(point.x.value)),
    py: point.y ? round(y.to(point.y.value)) : inner.bottom,
  });
  const chart = svg("svg", { class: "chart scatter", viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": options.label }, axes);
  if (options.reference !== null) chart.append(...referenceLine(round(x.to(options.reference)), inner));
  chart.append(...behind(points, place));
  for (const overlay of overlays) chart.append(...overlaid(overlay, place));
  const members = points.filter((point) => point.isMember && point.y).sort((one, other) => one.x.value - other.x.value);
  if (options.hasSteps) chart.append(svg("path", { class: "front-line", d: steps(members, place, inner), fill: "none" }));
  chart.append(svg("path", { class: "interval", d: members.map((point) => bars(point, x, y)).join(""), fill: "none" }));
  const places = new Map(points.map((point) => [point.index, place(point)]));
  for (const [one, other] of options.ties) {
    const [a, b] = [places.get(one), places.get(other)];
    if (a && b) chart.append(svg("line", { class: "tie", x1: a.px, y1: a.py, x2: b.px, y2: b.py }));
  }
  if (options.limit !== null) chart.append(...limitLine(round(x.to(options.limit)), inner));
  const found = options.chosen === null ? undefined : places.get(options.chosen);
  const halo = svg("circle", { class: "halo", r: 11, cx: found?.px ?? -99, cy: found?.py ?? -99 });
  chart.append(halo, ...members.map((point) => member(point, place(point), options.onLook)), ...names(points, place, inner));
  listen(chart, points, place, halo, found, options.onLook);
  return chart;
}

/**
 * One path for all marks of a kind and shape.
 * @param {Point[]} points
 * @param {(point: Point) => {px: number, py: number}} place
 */
function behind(points, place) {
  /** @type {Map<string, string[]>} */
  const paths = new Map();
  for (const point of points) {
    if (point.isMember) continue;
    const { px, py } = place(point);
    const key = `${point.kind} mark-${point.shape}`;
    if (!paths.has(key)) paths.set(key, []);
    paths.get(key)?.push(mark(point.y ? point.shape : "tick", px, py, 3.2));
  }
  return [...paths].map(([kind, parts]) => svg("path", { class: `behind ${kind}`, d: parts.join("") }));
}

/**
 * @param {Overlay} overlay
 * @param {(point: Point) => {px: number, py: number}} place
 */
function overlaid(overlay, place) {
  const sorted = overlay.points.filter((point) => point.y).sort((one, other) => one.x.value - other.x.value);
  const path = sorted.map((point) => mark(point.shape, place(point).px, place(point).py, 4)).join("");
  const line = sorted.map((point, number) => {
    const { px, py } = place(point);
    return number ? `H${px}V${py}` : `M${px} ${py}`;
  });
  const last = sorted.at(-1);
  return [
    svg("path", { class: `overlay ${overlay.kind}`, d: line.join(""), fill: "none" }),
    svg("path", { class: `overlay-marks ${overlay.kind}`, d: path }),
    last ? svg("text", { class: "label", x: place(last).px, y: place(last).py - 9, "text-anchor": "end" }, overlay.name) : null,
  ].filter((element) => element !== null);
}

/**
 * @param {Point} point
 * @param {{px: number, py: number}} at
 * @param {(index: number | null) => void} onLook
 */
function member(point, { px, py }, onLook) {
  const link = svg("a", {
    href: point.href,
    class: `member ${point.kind}`,
    "data-key": `member ${point.index}`,
    "aria-label": point.label,
    onfocus: () => onLook(point.index),
  });
  link.append(svg("path", { d: mark(point.shape, px, py, 5.5), "fill-opacity": point.opacity }));
  return link;
}

/**
 * The largest y at no more x than here.
 * @param {Point[]} members  by x
 * @param {(point: Point) => {px: number, py: number}} place
 * @param {{right: number}} inner
 */
function steps(members, place, inner) {
  let [path, top] = ["", Infinity];
  for (const point of members) {
    const { px, py } = place(point);
    if (py >= top) continue;
    path += path ? `H${px}V${py}` : `M${px} ${py}`;
    top = py;
  }
  return path && `${path}H${inner.right}`;
}

/**
 * @param {Point} point
 * @param {import("./scale.js").Scale} x
 * @param {import("./scale.js").Scale} y
 */
function bars(point, x, y) {
  if (!point.y) return "";
  const [px, py] = [round(x.to(point.x.value)), round(y.to(point.y.value))];
  return `M${px} ${round(y.to(point.y.low))}V${round(y.to(point.y.high))}M${round(x.to(point.x.low))} ${py}H${round(x.to(point.x.high))}`;
}

/**
 * @param {number} px
 * @param {{top: number, bottom: number}} inner
 */
function referenceLine(px, inner) {
  return [
    svg("line", { class: "reference", x1: px, x2: px, y1: inner.top, y2: inner.bottom }),
    svg("text", { class: "label", x: px - 5, y: inner.bottom - 6, "text-anchor": "end" }, "reference"),
  ];
}

/**
 * @param {number} px
 * @param {{top: number, bottom: number, right: number}} inner
 */
function limitLine(px, inner) {
  const rest = svg("rect", { class: "beyond", x: px, y: inner.top, width: Math.max(0, inner.right - px), height: inner.bottom - inner.top });
  return [rest, svg("line", { class: "limit-line", x1: px, x2: px, y1: inner.top, y2: inner.bottom })];
}

/**
 * The names of published networks, where there is room.
 * @param {Point[]} points
 * @param {(point: Point) => {px: number, py: number}} place
 * @param {{right: number, top: number}} inner
 */
function names(points, place, inner) {
  /** @type {{left: number, right: number, y: number}[]} */
  const taken = [];
  const found = [];
  for (const point of points.filter((one) => one.name && one.y)) {
    const { px, py } = place(point);
    const long = (point.name ?? "").length * 6.4;
    const isRight = px + 9 + long < inner.right;
    const box = { left: isRight ? px + 9 : px - 9 - long, right: isRight ? px + 9 + long : px - 9, y: Math.max(py + 4, inner.top + 10) };
    while (taken.some((other) => Math.abs(other.y - box.y) < 12 && other.left < box.right && box.left < other.right)) box.y += 12;
    taken.push(box);
    found.push(svg("text", { class: "label", x: isRight ? box.left : box.right, y: box.y, "text-anchor": isRight ? "start" : "end", "aria-hidden": "true" }, point.name));
  }
  return found;
}

/**
 * The network nearest to the pointer is looked at, and opened by a click.
 * @param {SVGElement} chart
 * @param {Point[]} points
 * @param {(point: Point) => {px: number, py: number}} place
 * @param {SVGElement} halo
 * @param {{px: number, py: number} | undefined} rest  where the halo is when nothing is looked at
 * @param {(index: number | null) => void} onLook
 */
function listen(chart, points, place, halo, rest, onLook) {
  const places = points.map((point) => ({ point, ...place(point) }));
  const nearest = (/** @type {PointerEvent | MouseEvent} */ event) => {
    const box = chart.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    let [best, least] = [/** @type {typeof places[0] | null} */ (null), REACH ** 2];
    for (const one of places) {
      const distance = (one.px - px) ** 2 + (one.py - py) ** 2 - (one.point.isMember ? 30 : 0);
      if (distance < least) [best, least] = [one, distance];
    }
    return best;
  };
  const surround = (/** @type {{px: number, py: number} | undefined} */ at) => {
    halo.setAttribute("cx", String(at?.px ?? -99));
    halo.setAttribute("cy", String(at?.py ?? -99));
  };
  chart.addEventListener("pointermove", (event) => {
    const found = nearest(/** @type {PointerEvent} */ (event));
    surround(found ?? rest);
    onLook(found ? found.point.index : null);
  });
  chart.addEventListener("pointerleave", () => {
    surround(rest);
    onLook(null);
  });
  chart.addEventListener("click", (event) => {
    const found = nearest(/** @type {MouseEvent} */ (event));
    if (found) location.hash = found.point.href;
  });
}
