// Widgets that do nothing with what is chosen in their node are grayed, as the nodes say by `used_with`.
import { app } from "../../../scripts/app.js";

// Of each node's id: [[widget, {chooser: [values with which it is used], or {above: number}}]].
const conditions = new Map();

function readConditions({ required, optional } = {}) {
  const inputs = Object.entries({ ...required, ...optional });
  return inputs.filter(([, entry]) => entry[1]?.used_with).map(([name, entry]) => [name, entry[1].used_with]);
}

/** Whether a choice lets the widget work; what another node chooses may be anything. */
function allows(node, chooser, rule) {
  const linked = node.inputs?.some((input) => input.widget?.name === chooser && input.link != null);
  const widget = node.widgets?.find((each) => each.name === chooser);
  if (linked || !widget) return true;
  return Array.isArray(rule) ? rule.includes(widget.value) : widget.value > rule.above;
}

function grayUnused(node, rules) {
  for (const [name, choices] of rules) {
    const widget = node.widgets?.find((each) => each.name === name);
    const unused = !Object.entries(choices).every(([chooser, rule]) => allows(node, chooser, rule));
    if (widget && Boolean(widget.disabled) !== unused) widget.disabled = unused;
  }
  node.setDirtyCanvas?.(true, true);
}

function chain(object, name, ours) {
  const previous = object[name];
  object[name] = function (...given) {
    const answer = previous?.apply(this, given);
    ours();
    return answer;
  };
}

app.registerExtension({
  name: "Monochromic.Unused",
  beforeRegisterNodeDef(nodeType, nodeData) {
    const rules = nodeData.name.startsWith("Monochromic") ? readConditions(nodeData.input) : [];
    if (rules.length) conditions.set(nodeData.name, rules);
  },
  nodeCreated(node) {
    const rules = conditions.get(node.comfyClass);
    if (!rules) return;
    const update = () => grayUnused(node, rules);
    const choosers = new Set(rules.flatMap(([, choices]) => Object.keys(choices)));
    node.widgets?.filter((widget) => choosers.has(widget.name)).forEach((widget) => chain(widget, "callback", update));
    chain(node, "onConfigure", update);
    chain(node, "onConnectionsChange", update);
    update();
  },
});
