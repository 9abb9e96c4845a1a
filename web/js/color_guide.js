// The `strokes` widget of the Color Guide: colors painted over the photo, kept in the workflow as text.
import { app } from "../../../scripts/app.js";
import { Painter } from "./painter.js";
import { findSources, resultUrl } from "./upstream.js";

const TYPE = "MONOCHROMIC_STROKES";
const LOOK_AGAIN = 500; // milliseconds: nothing tells a node that a node before it took another file
const runs = new Map(); // what the last run of each node showed: {sources, photo, hole}

app.registerExtension({
  name: "Monochromic.ColorGuide",
  getCustomWidgets() {
    return { [TYPE]: addPainter };
  },
});

function addPainter(node, inputName) {
  const painter = new Painter((apply) => asOneChange(apply, () => widget.callback?.(painter.text)));
  const widget = node.addDOMWidget(inputName, TYPE, painter.element, {
    getValue: () => painter.text,
    setValue: (value) => {
      painter.text = value;
    },
    getMinHeight: () => 260,
    hideOnZoom: false,
    socketless: true,
  });
  const look = () => lookUpstream(node, painter);
  const watch = setInterval(() => painter.element.isConnected && look(), LOOK_AGAIN);
  chain(node, "onConnectionsChange", look);
  chain(node, "onConfigure", () => {
    makeRoom(node);
    look();
  });
  chain(node, "onExecuted", (output) => keepRun(node, output, look));
  chain(node, "onRemoved", () => {
    clearInterval(watch);
    painter.destroy();
  });
  leaveMiddleButton(painter.element);
  keepPointsSmall(node);
  return { widget, minWidth: 340, minHeight: 520 };
}

/** The page's undo takes what happens between the two as one step, whatever pointer or key did it. */
function asOneChange(apply, tell) {
  app.canvas?.emitBeforeChange?.();
  try {
    apply();
    tell();
  } finally {
    app.canvas?.emitAfterChange?.();
  }
}

function chain(node, name, ours) {
  const previous = node[name];
  node[name] = function (...given) {
    const answer = previous?.apply(this, given);
    ours(...given);
    return answer;
  };
}

const keyOf = (node) => `${node.graph?.id}/${node.id}`;

/** What a run showed holds until the node is connected otherwise or a file before it is another. */
function keepRun(node, output, look) {
  const [photo, hole] = [output?.monochromic_background?.[0], output?.monochromic_hole?.[0]];
  if (!photo) return;
  const shown = { photo: { url: resultUrl(photo) }, hole: hole && { url: resultUrl(hole) } };
  runs.set(keyOf(node), { sources: JSON.stringify(findSources(node)), ...shown });
  look();
}

function lookUpstream(node, painter) {
  painter.sharpen();
  if (!node.graph) return;
  const found = findSources(node);
  const run = runs.get(keyOf(node));
  const { photo, hole } = run?.sources === JSON.stringify(found) ? run : found;
  painter.show({ photo, hole }, noteOn(photo, hole));
}

function noteOn(photo, hole) {
  if (!photo) return "Connect the photo to `image` to paint on it.";
  if (!photo.url) return "Run once to see the photo here.";
  return hole && !hole.url ? "Run once to see the hole here." : "";
}

/** In the classic page a widget lies over the canvas: the wheel and the middle button are still the canvas's. */
function leaveMiddleButton(element) {
  const pass = (name, method, isOurs) =>
    element.addEventListener(name, (event) => {
      if (isOurs(event) && !globalThis.LiteGraph?.vueNodesMode) app.canvas?.[method]?.(event);
    });
  pass("pointerdown", "processMouseDown", (event) => event.button === 1);
  pass("pointermove", "processMouseMove", (event) => event.buttons & 4);
  pass("pointerup", "processMouseUp", (event) => event.button === 1);
  pass("wheel", "processMouseWheel", () => true);
}

/** A node that was saved when it had no painter is too low for one. */
function makeRoom(node) {
  const least = node.computeSize?.()[1] ?? 0;
  if (node.size?.[1] < least) node.setSize([node.size[0], least]);
}

/** The room that a larger node has is the painter's, not that of the text beside it. */
function keepPointsSmall(node) {
  const points = node.widgets?.find((widget) => widget.name === "points");
  if (points?.options) points.options.getMaxHeight ??= () => 60;
}
