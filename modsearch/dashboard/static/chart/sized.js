// @ts-check
/** A place for a chart that is drawn again when its width changes. */

/** `draw` gives the chart for a width in pixels; the height is fixed, so that nothing moves. */
class SizedChart extends HTMLElement {
  /** @type {((width: number) => Node) | null} */
  draw = null;
  #width = 0;
  #observer = new ResizeObserver(() => this.#fit());

  connectedCallback() {
    this.#observer.observe(this);
    this.#fit();
  }

  disconnectedCallback() {
    this.#observer.disconnect();
  }

  #fit() {
    const width = Math.floor(this.clientWidth);
    if (!this.draw || !width || width === this.#width) return;
    this.#width = width;
    this.replaceChildren(this.draw(width));
  }
}

customElements.define("sized-chart", SizedChart);

/**
 * @param {number} height
 * @param {(width: number) => Node} draw
 */
export function sized(height, draw) {
  const element = /** @type {SizedChart} */ (document.createElement("sized-chart"));
  element.style.height = `${height}px`;
  element.draw = draw;
  return element;
}
