// Text in our nodes: the numbers that a node shows after its run, and why a run failed.
import { api } from "../../../scripts/api.js";
import { app } from "../../../scripts/app.js";

const NAME = "monochromic_text";
const LINE = 13; // pixels
const MOST = 12; // lines without scrolling
const [LARGEST, SMALLEST] = [10, 7]; // pixels of the letters
const LETTER = 0.61; // its width in a font of one width, by its height
const AROUND = 44; // pixels of a node at both sides of the text

function boxOf(node) {
  const found = node.widgets?.find((widget) => widget.name === NAME);
  if (found) return found;
  const element = document.createElement("pre");
  Object.assign(element.style, {
    margin: 0,
    padding: "6px",
    overflow: "auto",
    lineHeight: `${LINE}px`,
    userSelect: "text",
    whiteSpace: "pre-wrap",
  });
  const options = { serialize: false, hideOnZoom: false, getMinHeight: () => heightOf(element) };
  const widget = node.addDOMWidget(NAME, "MONOCHROMIC_TEXT", element, options);
  widget.serialize = false; // it is no input: a saved workflow does not hold it
  return widget;
}

/** Pixels for the text: a table is shown whole, a long message can be scrolled. */
function heightOf({ textContent }) {
  if (!textContent) return 0;
  const lines = Math.max(textContent.split("\n").length, 5);
  return Math.min(lines, MOST) * LINE + 14;
}

/** The letters' size at which a table fits between the sides of its node. */
function sizeFor(text, width) {
  const longest = Math.max(...text.split("\n").map((line) => line.length), 1);
  return Math.min(LARGEST, Math.max(SMALLEST, (width - AROUND) / (longest * LETTER)));
}

function show(node, text, failed = false) {
  const { element } = boxOf(node);
  const table = text.match(/^ {2}[^]*/m)?.[0]; // its heading is indented, and notes may come before
  element.textContent = text;
  element.style.fontSize = `${table ? sizeFor(table, node.size[0]) : LARGEST}px`;
  element.setAttribute("role", failed ? "alert" : "status");
  element.style.borderLeft = failed ? "3px solid var(--error-text, #ff4444)" : "";
  const least = node.computeSize?.()[1] ?? 0;
  if (node.size?.[1] < least) node.setSize([node.size[0], least]);
  node.setDirtyCanvas?.(true, true);
}

function ours(id) {
  const node = app.graph?.getNodeById?.(id) ?? app.graph?.getNodeById?.(Number(id));
  return node?.comfyClass?.startsWith("Monochromic") ? node : null;
}

function clearFailures() {
  for (const node of app.graph?.nodes ?? app.graph?._nodes ?? []) {
    const box = node.widgets?.find((widget) => widget.name === NAME);
    if (box?.element.getAttribute("role") === "alert") show(node, "");
  }
}

app.registerExtension({
  name: "Monochromic.Messages",
  setup() {
    api.addEventListener("execution_start", clearFailures);
    api.addEventListener("execution_error", ({ detail }) => {
      const node = ours(detail.node_id);
      if (node) show(node, detail.exception_message.trim(), true);
    });
  },
  beforeRegisterNodeDef(nodeType, nodeData) {
    if (!nodeData.name.startsWith("Monochromic")) return;
    const previous = nodeType.prototype.onExecuted;
    nodeType.prototype.onExecuted = function (output) {
      previous?.apply(this, arguments);
      const text = [output?.text ?? []].flat().join("\n");
      const shown = this.widgets?.find((widget) => widget.name === NAME)?.element.textContent;
      if (output?.text && (text || shown)) show(this, text);
    };
  },
});
