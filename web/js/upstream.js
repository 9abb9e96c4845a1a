// Where the photo and the hole of a Color Guide come from: the files that its graph names, found before it has run.
import { api } from "../../../scripts/api.js";

const PACK = decodeURIComponent(new URL(import.meta.url).pathname.match(/\/extensions\/([^/]+)\//)?.[1] ?? "");
const OFF = [2, 4]; // modes of a node that is muted or bypassed
const SHOWN_WHOLE = /\.(jpe?g|webp|gif|avif)$/i; // the page turns these as their EXIF says; the server does not
const SAMPLES = {
  scratched_portrait: { photo: "astronaut_scratched.png", mask: "astronaut_scratches.png" },
  tower: { photo: "rocket_tower.png", mask: "rocket_tower.png", channel: "alpha" },
  bleached_coffee: { photo: "coffee_bleached.png", mask: "coffee_stain.png" },
  portrait: { photo: "astronaut.png", mask: "astronaut_scratches.png" },
  tower_other_model: { photo: "rocket_other_model.jpg", mask: "rocket_tower.png", channel: "alpha" },
};

/** {photo, hole} of a Color Guide: where to get them; {from} alone if only a run can tell; null if not connected. */
export function findSources(guide) {
  const colorize = takerOf(guide);
  const photo = originOf(guide, "image") ?? originOf(colorize, "image");
  const hole = originOf(guide, "mask") ?? originOf(colorize, "mask");
  return { photo: photo && findPhoto(photo), hole: hole && findHole(hole) };
}

/** The address of a picture that a run left. */
export function resultUrl({ filename, subfolder, type }) {
  return viewUrl({ filename, subfolder: subfolder ?? "", type: type ?? "temp" });
}

const valueOf = (node, name) => node.widgets?.find((widget) => widget.name === name)?.value;

/** The node and output slot that an input, named or numbered, is connected to and that takes part in a run. */
function originOf(node, name) {
  const place = typeof name === "number" ? name : node?.inputs?.findIndex((input) => input.name === name);
  const link = place >= 0 ? node.getInputLink(place) : null;
  const origin = link && node.graph.getNodeById(link.origin_id);
  if (!origin || OFF.includes(origin.mode)) return null;
  return origin.type === "Reroute" ? originOf(origin, 0) : { node: origin, slot: link.origin_slot };
}

/** The first Progressive Colorize that takes this guide. */
function takerOf(guide) {
  const targets = (node) => node.getOutputNodes(0) ?? [];
  const taken = targets(guide).flatMap((node) => (node.type === "Reroute" ? targets(node) : [node]));
  return taken.find((node) => node.type === "MonochromicProgressiveColorize" && !OFF.includes(node.mode));
}

function findPhoto({ node, slot }) {
  if (node.type === "MonochromicSamplePhoto") {
    const passed = originOf(node, "image");
    if (passed) return findPhoto(passed);
    const sample = SAMPLES[valueOf(node, "sample")];
    if (sample) return { url: sampleUrl(sample.photo) };
  }
  const file = fileOf(node);
  return file ? { url: viewUrl(file, SHOWN_WHOLE.test(file.filename) ? "" : "rgb") } : { from: `${node.id}:${slot}` };
}

/** A hole's picture and how to read it: its channel, and as Load Mask has them invert, threshold and grow. */
function findHole({ node, slot }) {
  if (node.type === "MonochromicGrayInpaint" && node.outputs[slot].name === "hole") {
    const hole = originOf(node, "mask");
    const found = hole && findHole(hole);
    return found && { ...found, grow: (found.grow ?? 0) + (valueOf(node, "grow") ?? 0) };
  }
  if (node.type === "MonochromicSamplePhoto") {
    const passed = originOf(node, "mask");
    if (passed) return findHole(passed);
    const sample = originOf(node, "image") ? null : SAMPLES[valueOf(node, "sample")];
    if (sample) return { url: sampleUrl(sample.mask), channel: sample.channel ?? "luminance" };
  }
  const file = fileOf(node);
  if (!file || node.outputs[slot].type !== "MASK") return { from: `${node.id}:${slot}` };
  const [invert, threshold, grow] = ["invert", "threshold", "grow"].map((name) => valueOf(node, name));
  return { url: viewUrl(file), channel: valueOf(node, "channel") ?? "alpha", invert, threshold, grow };
}

/** The file that the `image` menu of a node names, such as `folder/name.png [output]`. */
function fileOf(node) {
  const value = valueOf(node, "image");
  if (typeof value !== "string" || !value) return null;
  const [, path, type] = value.replaceAll("\\", "/").match(/^(.*?)(?: \[(input|output|temp)\])?$/);
  const cut = path.lastIndexOf("/");
  return { filename: path.slice(cut + 1), subfolder: path.slice(0, Math.max(0, cut)), type: type ?? "input" };
}

function viewUrl(file, channel) {
  return api.apiURL(`/view?${new URLSearchParams(channel ? { ...file, channel } : file)}`);
}

function sampleUrl(name) {
  return api.apiURL(`/workflow_templates/${encodeURIComponent(PACK)}/input/${name}`);
}
