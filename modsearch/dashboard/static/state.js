// @ts-check
/** What is looked at: all of it stands in the address, so that a link shows the same. */

export const VIEWS = ["front", "network", "placement", "compare", "health"];
export const FILTERS = ["kind", "placement", "sizes", "depth", "family"];

/**
 * @typedef {object} State
 * @property {string} view
 * @property {number} study
 * @property {string[]} ids  of networks: one, or those that are compared
 * @property {string} x
 * @property {string} y
 * @property {string} colour
 * @property {number | null} limit  of x
 * @property {string} scale
 * @property {string} over  trials or hours
 * @property {string[]} hidden  standings that are left out
 * @property {Record<string, string>} filters
 */

/**
 * @param {string} hash  with or without its #
 * @param {string} [view]  where the address names none
 * @returns {State}
 */
export function readState(hash, view = "front") {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const limit = Number.parseFloat(given.get("limit") ?? "");
  const named = given.get("view") ?? view;
  return {
    view: VIEWS.includes(named) ? named : "front",
    study: Number.parseInt(given.get("study") ?? "0", 10) || 0,
    ids: (given.get("ids") ?? "").split(",").filter(Boolean),
    x: given.get("x") ?? "",
    y: given.get("y") ?? "",
    colour: given.get("colour") ?? "",
    limit: Number.isFinite(limit) ? limit : null,
    scale: given.get("scale") ?? "linear",
    over: given.get("over") ?? "trials",
    hidden: (given.get("hidden") ?? "").split(",").filter(Boolean),
    filters: Object.fromEntries(FILTERS.flatMap((name) => (given.get(name) ? [[name, given.get(name) ?? ""]] : []))),
  };
}

/**
 * The address of a state with some changes.
 * @param {State} state
 * @param {Partial<State>} changes
 */
export function link(state, changes = {}) {
  const { filters, ...rest } = { ...state, ...changes };
  const parts = new URLSearchParams();
  const usual = readState("");
  for (const [name, value] of Object.entries({ ...rest, ...filters })) {
    const text = Array.isArray(value) ? value.join(",") : String(value ?? "");
    const plain = /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (usual))[name];
    if (text && (name === "view" || text !== String(plain ?? ""))) parts.set(name, text);
  }
  return `#${parts}`;
}
