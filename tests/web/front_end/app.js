// Stands in for the front end: extensions, a graph, and nodes that put their widgets' elements on the page.
export const app = {
  extensions: [],
  called: [],
  registerExtension(extension) {
    this.extensions.push(extension);
  },
};
const methods = ["emitBeforeChange", "emitAfterChange", "processMouseWheel", "processMouseDown", "processMouseUp"];
app.canvas = Object.fromEntries(methods.map((name) => [name, () => app.called.push(name)]));

const SLOTS = {
  LoadImage: { values: { image: "photo.png" }, outputs: ["IMAGE", "MASK"] },
  LoadImageMask: { values: { image: "mask.png", channel: "alpha" }, outputs: ["MASK"] },
  MonochromicLoadMask: {
    values: { image: "mask.png", channel: "luminance", invert: false, threshold: 0.5, grow: 0 },
    outputs: ["MASK"],
  },
  MonochromicSamplePhoto: {
    values: { sample: "tower" },
    inputs: ["image", "mask"],
    outputs: ["image IMAGE", "mask MASK", "original IMAGE"],
  },
  MonochromicGrayInpaint: {
    values: { grow: 0 },
    inputs: ["image", "mask"],
    outputs: ["gray IMAGE", "hole MASK"],
  },
  MonochromicColorGuide: { values: { points: "" }, inputs: ["image", "mask"], outputs: ["MONOCHROMIC_GUIDE"] },
  MonochromicProgressiveColorize: { inputs: ["image", "gray", "mask", "guide"], outputs: ["IMAGE"] },
  Reroute: { inputs: [""], outputs: ["*"] },
  VAEDecode: { outputs: ["IMAGE"] },
};

export class Graph {
  id = "graph";
  nodes = [];

  make(type, values = {}) {
    const node = new Node(type, this);
    this.nodes.push(node);
    Object.entries(values).forEach(([name, value]) => (node.widgets.find((each) => each.name === name).value = value));
    return node;
  }

  getNodeById(id) {
    return this.nodes.find((node) => node.id === id) ?? null;
  }
}

class Node {
  mode = 0;
  widgets = [];
  called = [];

  constructor(type, graph) {
    const { values = {}, inputs = [], outputs = [] } = SLOTS[type];
    Object.assign(this, { type, graph, id: graph.nodes.length + 1 });
    this.inputs = inputs.map((name) => ({ name, link: null }));
    this.outputs = outputs.map((output) => ({ name: output.split(" ")[0], type: output.split(" ").pop(), links: [] }));
    this.widgets = Object.entries(values).map(([name, value]) => ({ name, value, options: {} }));
    for (const name of ["onConnectionsChange", "onConfigure", "onExecuted", "onRemoved"]) {
      this[name] = () => this.called.push(name);
    }
    if (type === "MonochromicColorGuide") {
      const widgets = app.extensions.find((each) => each.getCustomWidgets).getCustomWidgets();
      widgets.MONOCHROMIC_STROKES(this, "strokes", ["STRING", { default: "" }], app);
    }
  }

  get strokes() {
    return this.widgets.find((widget) => widget.name === "strokes");
  }

  addDOMWidget(name, type, element, options) {
    const widget = {
      name,
      type,
      element,
      options,
      told: [],
      callback: (value) => widget.told.push(value),
      get value() {
        return options.getValue();
      },
      set value(value) {
        options.setValue(value);
      },
    };
    document.getElementById("nodes").append(element);
    this.widgets.push(widget);
    return widget;
  }

  connect(slot, target, name) {
    const place = target.inputs.findIndex((input) => input.name === name);
    target.inputs[place].link = { origin_id: this.id, origin_slot: slot, target_id: target.id, target_slot: place };
    target.onConnectionsChange(1, place, true);
    return this;
  }

  getInputLink(place) {
    return this.inputs[place].link;
  }

  getOutputNodes(slot) {
    const takes = (link) => link?.origin_id === this.id && link.origin_slot === slot;
    return this.graph.nodes.filter((node) => node.inputs.some((input) => takes(input.link)));
  }

  clone() {
    const copy = this.graph.make(this.type);
    copy.strokes.value = this.strokes.value;
    copy.onConfigure({});
    return copy;
  }

  remove() {
    this.onRemoved();
    this.strokes?.element.remove();
    this.graph.nodes = this.graph.nodes.filter((node) => node !== this);
  }
}
