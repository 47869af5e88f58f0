// @ts-check
/** Where studies come from: a server that says when something is new, or the page itself. */

import { Study } from "./study.js";

/** @typedef {{studies: Study[], isLive: boolean, ask: (path: string) => Promise<any>}} Source */

/** @returns {Promise<Source>} */
export async function open() {
  const saved = document.getElementById("saved");
  if (saved) {
    const values = JSON.parse(await inflated(saved.textContent ?? ""));
    return { studies: values.map((/** @type {any} */ one) => new Study(one)), isLive: false, ask: async () => null };
  }
  const { studies } = await fetched("studies.json");
  const found = await Promise.all(studies.map((/** @type {{index: number}} */ one) => fetched(`study/${one.index}.json`)));
  return { studies: found.map((values) => new Study(values)), isLive: true, ask: fetched };
}

/**
 * Fetch a study anew whenever the server says that there is something new.
 * @param {Source} source
 * @param {() => void} onNew
 * @param {(isThere: boolean) => void} onServer
 */
export function follow(source, onNew, onServer) {
  const events = new EventSource("events");
  /** @type {Map<number, string>} */
  const revisions = new Map();
  events.onopen = () => onServer(true);
  events.onerror = () => onServer(false);
  events.onmessage = async (event) => {
    const { study, revision } = JSON.parse(event.data);
    if (revisions.get(study) === revision) return;
    revisions.set(study, revision);
    source.studies[study] = new Study(await fetched(`study/${study}.json`));
    onNew();
  };
}

/** @param {string} path */
async function fetched(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  const values = await answer.json();
  if (!answer.ok) throw new Error(values.error ?? `${path}: ${answer.status}`);
  return values;
}

/** @param {string} text  base64 of gzip */
async function inflated(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}
