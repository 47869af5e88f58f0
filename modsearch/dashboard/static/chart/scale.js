// @ts-check
/** Scales: from values to places and back, with ticks at round numbers. */

/**
 * @typedef {object} Scale
 * @property {(value: number) => number} to
 * @property {(place: number) => number} from
 * @property {number[]} ticks
 * @property {[number, number]} domain
 */

/**
 * @param {[number, number]} domain  from the least value to the largest
 * @param {[number, number]} range  the places of these
 * @param {boolean} [isLog]
 * @param {number} [num]  of ticks, about
 * @returns {Scale}
 */
export function scale(domain, range, isLog = false, num = 6) {
  const [low, high] = isLog ? domain.map(Math.log) : domain;
  const [start, end] = range;
  const width = high - low || 1;
  const place = (/** @type {number} */ value) => start + ((end - start) * (value - low)) / width;
  return {
    domain,
    to: (value) => place(isLog ? Math.log(value) : value),
    from: (at) => {
      const value = low + (width * (at - start)) / (end - start || 1);
      return isLog ? Math.exp(value) : value;
    },
    ticks: isLog ? logTicks(domain, num) : linearTicks(domain, num),
  };
}

/**
 * Some room around values, so that no mark is cut.
 * @param {number[]} values
 * @param {boolean} [isLog]
 * @returns {[number, number]}
 */
export function extent(values, isLog = false) {
  const known = values.filter((value) => Number.isFinite(value) && (!isLog || value > 0));
  if (!known.length) return isLog ? [0.1, 1] : [0, 1];
  let [low, high] = [Infinity, -Infinity];
  for (const value of known) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (isLog) {
    const room = high > low ? (high / low) ** 0.05 : 1.1;
    return [low / room, high * room];
  }
  const room = high > low ? (high - low) * 0.05 : Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}

/**
 * @param {[number, number]} domain
 * @param {number} num
 */
function linearTicks([low, high], num) {
  const step = roundStep((high - low) / num);
  const found = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index++) {
    found.push(Number((index * step).toPrecision(12)));
  }
  return found;
}

/**
 * 1, 2 and 5 times powers of ten; where these are too few, as on a line.
 * @param {[number, number]} domain
 * @param {number} num
 */
function logTicks([low, high], num) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const factor of [1, 2, 5]) {
      const tick = Number((factor * 10 ** power).toPrecision(12));
      if (low <= tick && tick <= high) found.push(tick);
    }
  }
  return found.length >= 3 ? found : linearTicks([low, high], num);
}

/** @param {number} rough */
function roundStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough || 1));
  const share = rough / power;
  return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}
