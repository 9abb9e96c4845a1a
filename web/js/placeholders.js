// "Your photo" and "Your mask" of the templates name no file until one is chosen: no broken picture is shown there.
import { app } from "../../../scripts/app.js";

const PLACEHOLDERS = ["choose your photo", "choose your mask"]; // as the templates have them in place of a file
const NODES = ["LoadImage", "MonochromicLoadMask"];

/** The page looks for the file one frame after the node was made: it finds none named, and so shows no picture. */
function hideForOneFrame(widget) {
  const { value } = widget;
  widget.value = "";
  if (widget.value === "") requestAnimationFrame(() => widget.value === "" && (widget.value = value));
  else widget.value = value; // older pages take the first file for an empty name
}

app.registerExtension({
  name: "Monochromic.Placeholders",
  nodeCreated(node) {
    if (!NODES.includes(node.comfyClass)) return;
    const previous = node.onConfigure;
    node.onConfigure = function (...given) {
      const answer = previous?.apply(this, given);
      const widget = this.widgets?.find((each) => each.name === "image");
      if (PLACEHOLDERS.includes(widget?.value)) hideForOneFrame(widget);
      return answer;
    };
  },
});
