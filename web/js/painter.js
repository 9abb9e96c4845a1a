// The painter: a toolbar, and a stage where strokes of color are drawn over the photo. Nothing here knows ComfyUI.
import { loadHole, loadPhoto, shadeHole } from "./pictures.js";
import { drawStrokes, eraseStrokes, finishStroke, isNear, readStrokes, writeStrokes } from "./strokes.js";
import { buildToolbar, element } from "./toolbar.js";

const UNKNOWN = [400, 300]; // the stage's shape while there is no photo
const SHARPEST = 2048; // pixels of a layer's longer side
const STEPS = 50;

export class Painter {
  #text = "";
  #strokes = [];
  #trouble = "";
  #history = [];
  #photo = null;
  #hole = null;
  #note = "";
  #missing = "";
  #sources = "";
  #drag = null; // {id, tool, at, stroke, before}: what the pressed pointer is doing
  #drawn = 0; // pixels of a layer for each of the page's when it was last drawn
  #changed;
  #observer;

  /** `changed(apply)` is called with each change by the user and has to call `apply`. */
  constructor(changed) {
    this.#changed = changed;
    this.tools = buildToolbar({ undo: () => this.#undo(), clear: () => this.#commit([]) });
    this.under = element("canvas", { className: "photo" });
    this.over = element("canvas", { className: "strokes" });
    this.ring = element("div", { className: "ring", hidden: true });
    this.note = element("div", { className: "note" });
    this.stage = element("div", { className: "stage" }, this.under, this.over, this.ring, this.note);
    this.element = element("div", { className: "monochromic-painter" }, this.tools.element, this.stage);
    this.#listen();
    this.#observer = new ResizeObserver(() => this.#arrange());
    this.#observer.observe(this.stage);
    this.#refresh();
  }

  get text() {
    return this.#text;
  }

  set text(value) {
    const read = readStrokes(value);
    if (read.text !== this.#text) this.#history = [];
    this.#take(read);
  }

  /** Show the photo and the hole of {photo: {url}, hole: {url, channel, ...}}, each if it is known. */
  async show(sources, note) {
    const wanted = JSON.stringify(sources);
    this.#note = note;
    if (wanted !== this.#sources) {
      this.#sources = wanted;
      const [photo, hole] = await Promise.all([got(loadPhoto, sources.photo), got(loadHole, sources.hole)]);
      if (wanted !== this.#sources) return;
      [this.#photo, this.#hole] = [photo, hole];
      this.#missing = missing("photo", sources.photo, photo) || missing("hole", sources.hole, hole);
      this.#arrange();
    }
    this.#tell();
  }

  /** Draw anew if the page shows the stage larger or smaller than it was drawn. */
  sharpen() {
    const scale = this.under.getBoundingClientRect().width / (this.under.clientWidth || 1);
    if (scale && Math.abs(scale * devicePixelRatio - this.#drawn) > 0.1 * this.#drawn) this.#arrange();
  }

  destroy() {
    this.#observer.disconnect();
  }

  get #size() {
    return this.#photo?.size ?? UNKNOWN;
  }

  get #sides() {
    return this.#size.map((side) => side / Math.max(...this.#size));
  }

  #take({ strokes, text, trouble }) {
    [this.#strokes, this.#text, this.#trouble] = [strokes, text, trouble];
    this.#drag = null;
    this.#refresh();
  }

  #commit(strokes) {
    const text = writeStrokes(strokes);
    if (text === this.#text) return this.#refresh();
    this.#history = [...this.#history, this.#text].slice(-STEPS);
    return this.#changed(() => this.#take({ strokes, text, trouble: "" }));
  }

  #undo() {
    const text = this.#history.pop() ?? writeStrokes(this.#strokes.slice(0, -1));
    this.#changed(() => this.#take(readStrokes(text)));
  }

  #refresh() {
    const empty = !this.#text && !this.#history.length;
    this.tools.undo.disabled = empty;
    this.tools.clear.disabled = !this.#text;
    this.#tell();
    this.#drawStrokes();
  }

  #tell() {
    this.note.textContent = this.#trouble || this.#missing || this.#note;
    this.note.hidden = !this.note.textContent;
  }

  /** Fit both layers into the stage, in the photo's shape. */
  #arrange() {
    const room = [this.stage.clientWidth, this.stage.clientHeight];
    const scale = Math.min(room[0] / this.#size[0], room[1] / this.#size[1]);
    if (!scale) return;
    const shown = this.#size.map((side) => Math.max(1, side * scale));
    const zoom = this.stage.getBoundingClientRect().width / this.stage.offsetWidth || 1;
    this.#drawn = Math.min(zoom * devicePixelRatio, SHARPEST / Math.max(...shown));
    for (const layer of [this.under, this.over]) {
      [layer.width, layer.height] = shown.map((side) => Math.max(1, Math.round(side * this.#drawn)));
      const [left, top] = shown.map((side, i) => (room[i] - side) / 2);
      setPixels(layer, { left, top, width: shown[0], height: shown[1] });
    }
    this.under.classList.toggle("unknown", !this.#photo);
    this.#drawPictures();
    this.#drawStrokes();
  }

  #drawPictures() {
    const context = this.under.getContext("2d");
    context.imageSmoothingQuality = "high";
    if (this.#photo) context.drawImage(this.#photo.canvas, 0, 0, this.under.width, this.under.height);
    if (this.#hole) shadeHole(context, this.#hole, this.#drawn);
  }

  #drawStrokes() {
    const context = this.over.getContext("2d");
    context.clearRect(0, 0, this.over.width, this.over.height);
    const painted = this.#drag?.stroke;
    drawStrokes(context, painted ? [...this.#strokes, painted] : this.#strokes, this.#size);
  }

  #listen() {
    // Never preventDefault on pointerdown: the page's own undo lives on the mouse events that follow it.
    const on = (target, name, handler) => target.addEventListener(name, handler);
    on(this.element, "pointerdown", (event) => event.button !== 1 && event.stopPropagation());
    on(this.element, "dblclick", (event) => event.stopPropagation());
    on(this.stage, "pointerdown", (event) => this.#press(event));
    on(this.stage, "pointermove", (event) => this.#move(event));
    on(this.stage, "pointerup", (event) => this.#release(event));
    on(this.stage, "pointercancel", () => this.#cancel());
    on(this.stage, "pointerleave", () => (this.ring.hidden = true));
  }

  #press(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    this.stage.setPointerCapture(event.pointerId);
    this.#drag = { id: event.pointerId, tool: event.altKey ? "pick" : this.tools.tool, before: this.#strokes };
    this.#step(this.#place(event));
  }

  #move(event) {
    this.#showRing(event);
    if (this.#drag?.id !== event.pointerId) return;
    event.stopPropagation();
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const each of passed.length ? passed : [event]) this.#step(this.#place(each));
  }

  #release(event) {
    const drag = this.#drag;
    if (drag?.id !== event.pointerId) return;
    this.#drag = null;
    if (drag.tool === "pick") this.tools.choose("brush");
    else if (drag.stroke) this.#commit([...this.#strokes, finishStroke(drag.stroke, this.#sides)]);
    else if (this.#strokes !== drag.before) this.#commit(this.#strokes);
  }

  #cancel() {
    if (this.#drag) this.#strokes = this.#drag.before;
    this.#drag = null;
    this.#drawStrokes();
  }

  /** The next place that the pressed pointer has come to. */
  #step(at) {
    const drag = this.#drag;
    const { color, width } = this.tools;
    if (drag.tool === "pick") this.#pick(at);
    else if (drag.tool === "eraser") this.#strokes = eraseStrokes(this.#strokes, drag.at ?? at, at, width, this.#sides);
    else if (!drag.stroke) drag.stroke = { points: [at], color, width };
    else if (!isNear(at, drag.stroke.points[drag.stroke.points.length - 1], this.#sides)) drag.stroke.points.push(at);
    drag.at = at;
    this.#drawStrokes();
  }

  #pick([x, y]) {
    if (!this.#photo) return;
    const { canvas } = this.#photo;
    const [column, row] = [x * canvas.width, y * canvas.height].map(Math.floor);
    const inside = [Math.min(column, canvas.width - 1), Math.min(row, canvas.height - 1)];
    const [red, green, blue] = canvas.getContext("2d").getImageData(...inside, 1, 1).data;
    this.tools.color = `#${((1 << 24) | (red << 16) | (green << 8) | blue).toString(16).slice(1)}`;
  }

  /** A pointer's place in shares of the photo; the box on the page knows of every zoom. */
  #place(event) {
    const box = this.over.getBoundingClientRect();
    const shares = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return shares.map((value) => Math.min(1, Math.max(0, value)));
  }

  #showRing(event) {
    const picks = event.altKey || this.tools.tool === "pick";
    this.stage.classList.toggle("picks", picks);
    this.ring.hidden = picks || event.pointerType === "touch";
    const box = this.stage.getBoundingClientRect();
    const zoom = box.width / this.stage.offsetWidth || 1;
    const side = Math.max(3, this.tools.width * Math.max(this.over.clientWidth, this.over.clientHeight));
    const [left, top] = [(event.clientX - box.left) / zoom, (event.clientY - box.top) / zoom];
    setPixels(this.ring, { left, top, width: side, height: side });
  }
}

function setPixels(target, lengths) {
  Object.entries(lengths).forEach(([name, value]) => (target.style[name] = `${value}px`));
}

function missing(what, source, loaded) {
  return source?.url && !loaded ? `The page cannot show the ${what}'s file. Run once to see it here.` : "";
}

/** What can be loaded; a picture that is not known, or is gone, is none. */
function got(load, source) {
  return source?.url ? load(source).catch(() => null) : null;
}
