// @ts-check
/** How the search is doing: what runs where, what failed, the pace, what is left, what was spent and saved. */

import { html, table } from "../dom.js";
import { count, showDuration, showMeasured } from "../format.js";
import { link } from "../state.js";

/** @typedef {import("./front.js").Context} Context */

/** @param {Context} context */
export function healthView(context) {
  const { health } = context.study.values;
  return html("section", { class: "view view-health" },
    html("h2", {}, "Health"),
    html("p", { class: "sub" }, stateWords(health)),
    table("The search", ["", ""], facts(health), "facts"),
    running(context),
    workers(health),
    durations("Where the time went", health.spent_s),
    durations("Time saved", health.saved_s),
    failures(health),
  );
}

/** @param {any} health */
function stateWords(health) {
  if (health.is_driven) return "A search is at work.";
  if (health.is_elsewhere) return "At work on another machine, or left by a search that died there.";
  if (health.is_driven === null) return "At work, or not: it is another user's.";
  return health.time_left_s === 0 ? "The budget is spent." : "Not running; the same search command goes on.";
}

/** @param {any} health */
function facts(health) {
  const left = health.time_left_s === null ? "not known" : showDuration(health.time_left_s);
  const pace = health.trained_an_hour === null ? "not known" : `${health.trained_an_hour.toPrecision(3)} networks an hour of search`;
  return [
    ["scored", count(health.complete, "network")],
    ["stopped", `${health.pruned}, ${health.screened} of them while they trained`],
    ["failed", String(health.failed)],
    ["answered from the record", String(health.repeats)],
    ["pace", pace],
    ["time spent", showDuration(health.search_s)],
    ["time left", left],
    ["hypervolume gained in the last hour", `${(100 * health.gain_last_hour).toFixed(1)} %`],
    ["trained anew", `${count(health.refined.networks, "network")}, ${count(health.refined.trainings, "training")}`],
    ...Object.entries(health.self_check).map(([name, check]) => [`self-check of ${name}`, `${showMeasured(check, check.unit)}, should be 1`]),
  ];
}

/** @param {Context} context */
function running({ study, state }) {
  const rows = study.values.health.running.map((/** @type {any} */ one) => [
    `trial ${one.trial}`,
    study.values.health.is_driven ? one.doing : "left by a search that died, or elsewhere",
    one.id ? html("a", { href: link(state, { view: "network", ids: [one.id] }) }, one.id) : "",
    one.description,
  ]);
  return rows.length ? table("Running", ["trial", "doing", "network", "blocks"], rows) : null;
}

/** @param {any} health */
function workers(health) {
  const rows = Object.entries(health.workers).map(([name, one]) => [name, one.doing, one.number === null ? "" : `trial ${one.number}`, one.epoch ? `epoch ${one.epoch} done` : ""]);
  return rows.length ? table("Workers", ["worker", "doing", "trial", "progress"], rows) : null;
}

/**
 * @param {string} caption
 * @param {Record<string, number>} seconds
 */
function durations(caption, seconds) {
  const rows = Object.entries(seconds).filter(([, value]) => value).map(([name, value]) => [name, showDuration(value)]);
  return rows.length ? table(caption, ["what", "time"], rows) : null;
}

/** @param {any} health */
function failures(health) {
  const rows = Object.entries(health.failures).map(([reason, num]) => [String(num), reason]);
  return rows.length ? table("Failures", ["times", "reason"], rows) : html("p", {}, "No trial failed.");
}
