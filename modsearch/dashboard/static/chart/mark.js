// @ts-check
/** Marks: the shape says what became of a network and what kind it is; colour only repeats it. */

/** @typedef {"circle" | "diamond" | "square" | "cross" | "triangle" | "plus" | "ring" | "tick"} Shape */

/** @type {Record<Shape, (x: number, y: number, r: number) => string>} */
const PATHS = {
  circle: (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  ring: (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`,
  diamond: (x, y, r) => `M${x} ${y - r * 1.2}l${r * 1.2} ${r * 1.2}l${-r * 1.2} ${r * 1.2}l${-r * 1.2} ${-r * 1.2}z`,
  square: (x, y, r) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
  cross: (x, y, r) => `M${x - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`,
  triangle: (x, y, r) => `M${x - r} ${y - r * 0.8}h${2 * r}l${-r} ${1.7 * r}z`,
  plus: (x, y, r) => `M${x - r} ${y}h${2 * r}m${-r} ${-r}v${2 * r}`,
  tick: (x, y, r) => `M${x} ${y}v${-2 * r}`,
};

/**
 * The path of one mark.
 * @param {Shape} shape
 * @param {number} x
 * @param {number} y
 * @param {number} r
 */
export function mark(shape, x, y, r) {
  return PATHS[shape](round(x), round(y), r);
}

/**
 * Of a network by what its light blocks are called: circles for MoD, diamonds for plain, squares for others.
 * @param {string} kind
 * @returns {Shape}
 */
export function shapeOf(kind) {
  return kind === "MoD" ? "circle" : kind ? "square" : "diamond";
}

/** @param {number} place  tenths of a pixel are enough */
export function round(place) {
  return Math.round(place * 10) / 10;
}
