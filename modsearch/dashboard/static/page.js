// @ts-check
/** The page: opens studies, follows what is new, and shows the view that the address names. */

import { copier, html } from "./dom.js";
import { follow, open } from "./source.js";
import { VIEWS, link, readState } from "./state.js";
import { compareView } from "./view/compare.js";
import { frontView } from "./view/front.js";
import { healthView } from "./view/health.js";
import { networkView } from "./view/network.js";
import { placementView } from "./view/placement.js";

const SHOWN = { front: frontView, network: networkView, placement: placementView, compare: compareView, health: healthView };
const TITLES = { front: "Front", network: "Network", placement: "Placement", compare: "Compare", health: "Health" };
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const first = document.documentElement.dataset.view ?? "front";

/** @param {import("./source.js").Source} source */
function start(source) {
  const draw = () => render(source);
  addEventListener("hashchange", draw);
  if (source.isLive) follow(source, draw, server);
  draw();
}

/** @param {import("./source.js").Source} source */
function render(source) {
  const state = readState(location.hash, first);
  const study = source.studies[state.study] ?? source.studies[0];
  const go = (/** @type {Partial<import("./state.js").State>} */ changes, isQuiet = false) => {
    const address = link(state, changes);
    if (isQuiet) history.replaceState(null, "", address);
    else if (address !== location.hash) history.pushState(null, "", address);
    render(source);
  };
  document.title = `${study.name}: ${TITLES[/** @type {keyof typeof TITLES} */ (state.view)]}`;
  const kept = document.activeElement?.getAttribute("data-key");
  navigation(source, state);
  main.replaceChildren(content({ study, studies: source.studies, state, isLive: source.isLive, ask: source.ask, go }));
  if (kept) /** @type {HTMLElement | null} */ (document.querySelector(`[data-key="${CSS.escape(kept)}"]`))?.focus({ preventScroll: true });
}

/** @param {import("./view/front.js").Context} context */
function content(context) {
  const { study, state } = context;
  if (study.problem) return problem(study);
  if (!study.num) return nothing(study);
  const hasFront = study.having("front").length > 0;
  return hasFront || state.view === "health" ? SHOWN[/** @type {keyof typeof SHOWN} */ (state.view)](context) : nothing(study, SHOWN.health(context));
}

/**
 * @param {import("./source.js").Source} source
 * @param {import("./state.js").State} state
 */
function navigation({ studies }, state) {
  const views = VIEWS.map((view) => html("a", { href: link(state, { view }), "aria-current": view === state.view && "page", "data-key": `view ${view}` }, TITLES[/** @type {keyof typeof TITLES} */ (view)]));
  const names = studies.length < 2 ? [] : studies.map((study, index) => html("a", { href: link(readState("", state.view), { study: index }), "aria-current": index === state.study && "true", "data-key": `study ${index}` }, study.name));
  document.getElementById("views")?.replaceChildren(...views);
  document.getElementById("studies")?.replaceChildren(...names);
}

/** @param {import("./study.js").Study} study */
function problem(study) {
  return html("section", { class: "view" },
    html("h2", {}, `${study.name} cannot be shown`),
    html("p", { class: "warning", role: "alert" }, study.problem),
    html("p", {}, "What may help:"),
    copier(`modsearch status ${study.values.target}`),
    copier(`modsearch doctor ${study.values.target}`),
    html("p", {}, "The page looks again by itself as soon as the study changes."),
  );
}

/**
 * @param {import("./study.js").Study} study
 * @param {Node} [more]
 */
function nothing(study, more) {
  return html("section", { class: "view" },
    html("h2", {}, study.name),
    html("p", {}, "No network has been scored yet. As soon as one is, it appears here."),
    more ?? null,
  );
}

/** @param {boolean} isThere */
function server(isThere) {
  const place = /** @type {HTMLElement} */ (document.getElementById("server"));
  place.textContent = isThere ? "live" : "The server does not answer; the page shows what it knew.";
  place.className = isThere ? "live" : "gone";
}

open().then(start).catch((error) => main.replaceChildren(html("p", { class: "warning", role: "alert" }, String(error.message ?? error))));
