// @ts-check
/** How values are written: three digits, a unit, an interval; as the command line writes them. */

/**
 * @param {string} unit
 * @param {number} largest
 * @returns {[number, string]}  factor and suffix
 */
export function scaleOf(unit, largest) {
  if (unit === "fraction") return [100, " %"];
  if (unit === "x reference" || unit === "x plain form") return [1, "x"];
  if (unit === "parameters" && largest >= 1e6) return [1e-6, " M"];
  if (unit === "parameters" && largest >= 1e3) return [1e-3, " k"];
  return [1, unit === "parameters" ? "" : ` ${unit}`];
}

/** @param {number} number */
function decimals(number) {
  return number ? Math.max(0, 2 - Math.floor(Math.log10(Math.abs(number)))) : 0;
}

/**
 * Such as `91.2 %`, `0.812x` or `272 k`.
 * @param {number | null | undefined} value
 * @param {string} unit
 */
export function show(value, unit) {
  if (value === null || value === undefined) return "not known";
  const [factor, suffix] = scaleOf(unit, Math.abs(value));
  return (value * factor).toFixed(decimals(value * factor)) + suffix;
}

/**
 * With its interval, unless it is exact.
 * @param {{value: number, low: number, high: number} | null} measured
 * @param {string} unit
 */
export function showMeasured(measured, unit) {
  if (!measured) return "not known";
  const { value, low, high } = measured;
  if (low === high) return show(value, unit);
  const [factor] = scaleOf(unit, Math.abs(value));
  const places = decimals(value * factor);
  return `${show(value, unit)} (${(low * factor).toFixed(places)}-${(high * factor).toFixed(places)})`;
}

/**
 * A difference of accuracies, such as `+0.8 points (-0.2 to +1.8)`.
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function showPoints(value, low, high) {
  return `${signed(value)} points (${signed(low)} to ${signed(high)})`;
}

/** @param {number} fraction */
function signed(fraction) {
  const points = 100 * fraction;
  return (points < 0 ? "-" : "+") + Math.abs(points).toFixed(1);
}

/** @param {number} seconds */
export function showDuration(seconds) {
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  if (seconds < 5400) return `${(seconds / 60).toFixed(0)} min`;
  return seconds < 172800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86400).toFixed(1)} days`;
}

/** @param {number | null | undefined} probability */
export function showProbability(probability) {
  if (probability === null || probability === undefined) return "";
  return probability < 0.01 ? "<0.01" : probability > 0.99 ? ">0.99" : probability.toFixed(2);
}

/**
 * @param {number} num
 * @param {string} what
 */
export function count(num, what) {
  return `${num} ${what}${num === 1 ? "" : "s"}`;
}
