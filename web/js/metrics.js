// Shows the table of the Metrics node in the node, after each run.
import { app } from "../../../scripts/app.js";

const NAME = "table";

function tableOf(node) {
  const found = node.widgets?.find((widget) => widget.name === NAME);
  if (found) return found.element;
  const element = document.createElement("pre");
  Object.assign(element.style, { margin: 0, padding: "6px", overflow: "auto", fontSize: "10px", userSelect: "text" });
  node.addDOMWidget(NAME, "MONOCHROMIC_TEXT", element, { serialize: false, getMinHeight: () => 72 });
  return element;
}

app.registerExtension({
  name: "Monochromic.Metrics",
  beforeRegisterNodeDef(nodeType, nodeData) {
    if (nodeData.name !== "MonochromicMetrics") return;
    const previous = nodeType.prototype.onExecuted;
    nodeType.prototype.onExecuted = function (output) {
      previous?.apply(this, arguments);
      tableOf(this).textContent = output?.text?.join("\n") ?? "";
    };
  },
});
