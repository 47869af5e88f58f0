// @ts-check
/** A study as a page sees it: networks by their index, columns behind names. */

/**
 * @typedef {"front" | "dominated" | "unmeasured" | "infeasible" | "screened" | "running" | "failed"} Standing
 * @typedef {{unit: string, direction: string, label: string, value: (number|null)[], low: (number|null)[], high: (number|null)[]}} Metric
 * @typedef {{gmacs_saved: number, ideal: number, measured: {value: number, low: number, high: number} | null, outcome: string | null}} Speedup
 * @typedef {{num: number, columns: Record<string, any[]>, metrics: Record<string, Metric>, speedups: Record<string, (Speedup|null)[]>, environments: string[]}} Networks
 * @typedef {Record<string, any> & {study: string, target: string, problem?: string, networks: Networks}} Values
 */

export const ACCURACY = "accuracy";

/** The networks and everything around them. */
export class Study {
  /** @param {Values} values */
  constructor(values) {
    this.values = values;
    this.name = values.study;
    this.problem = values.problem;
    this.networks = values.networks ?? { num: 0, columns: {}, metrics: {}, speedups: {}, environments: [] };
    /** @type {Map<string, number>} */
    this.index = new Map((this.networks.columns.id ?? []).map((id, index) => [id, index]));
  }

  get num() {
    return this.networks.num;
  }

  /** The metrics that can be an axis: those of which something is known. */
  get metrics() {
    return Object.keys(this.networks.metrics);
  }

  /** The first objective that is not accuracy. */
  get cost() {
    return this.values.objectives.map((/** @type {{name: string}} */ one) => one.name).find((/** @type {string} */ name) => name !== ACCURACY);
  }

  /**
   * @param {string} column
   * @param {number} index
   */
  get(column, index) {
    return this.networks.columns[column][index];
  }

  /** @param {string} name */
  metric(name) {
    return this.networks.metrics[name];
  }

  /**
   * A metric of a network with its interval; null where it is not known. The accuracy of one whose training was stopped
   * is that of its last epoch.
   * @param {string} name
   * @param {number} index
   * @returns {{value: number, low: number, high: number} | null}
   */
  measured(name, index) {
    const metric = this.metric(name);
    const value = metric?.value[index] ?? null;
    if (value !== null) return { value, low: metric.low[index] ?? value, high: metric.high[index] ?? value };
    const last = name === ACCURACY && this.get("standing", index) === "screened" ? this.get("curve", index).at(-1) : null;
    return last === null || last === undefined ? null : { value: last, low: last, high: last };
  }

  /** @param {number} index */
  nameOf(index) {
    return this.get("published", index) ?? this.get("id", index);
  }

  /**
   * Indices of the networks of a standing.
   * @param {Standing} standing
   */
  having(standing) {
    return [...this.networks.columns.standing.keys()].filter((index) => this.get("standing", index) === standing);
  }

  /**
   * The difference of two accuracies with its interval: as the study holds it, or by their own intervals alone.
   * @param {number} one
   * @param {number} other
   * @returns {{value: number, low: number, high: number, basis: string} | null}
   */
  difference(one, other) {
    const [first, second] = [this.get("id", one), this.get("id", other)];
    for (const [a, b, value, low, high, basis] of this.values.pairs) {
      if (a === first && b === second) return { value, low, high, basis };
      if (a === second && b === first) return { value: -value, low: -high, high: -low, basis };
    }
    const [a, b] = [this.measured(ACCURACY, one), this.measured(ACCURACY, other)];
    if (!a || !b) return null;
    const value = a.value - b.value;
    const low = value - Math.hypot(a.value - a.low, b.high - b.value);
    const high = value + Math.hypot(a.high - a.value, b.value - b.low);
    return { value, low, high, basis: "each by itself" };
  }
}
