// The pictures behind the strokes: the photo, and the hole as a canvas that is opaque where the hole is.

const PHOTO_SIDE = 2048;
const HOLE_SIDE = 512;

/** {canvas, size}: a photo to draw and to take colors from, and its full [width, height]. */
export async function loadPhoto({ url }) {
  const image = await loadImage(url);
  return { canvas: canvasOf(image, PHOTO_SIDE), size: [image.naturalWidth, image.naturalHeight] };
}

export async function loadHole({ url, channel = "luminance", invert = false, threshold = 0.5, grow = 0 }) {
  const image = await loadImage(url);
  const canvas = canvasOf(image, HOLE_SIDE);
  const context = canvas.getContext("2d");
  const picture = context.getImageData(0, 0, canvas.width, canvas.height);
  const hole = marked(picture.data, channel, (value) => (invert ? 1 - value : value) > threshold);
  const pixels = Math.ceil((grow * canvas.width) / image.naturalWidth);
  const wide = transposed(grown(hole, canvas.width, pixels), canvas.width);
  const grownHole = transposed(grown(wide, canvas.height, pixels), canvas.height);
  grownHole.forEach((inside, i) => picture.data.set([255, 255, 255, inside ? 255 : 0], 4 * i));
  context.putImageData(picture, 0, 0);
  return canvas;
}

async function loadImage(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

function canvasOf(image, side) {
  const scale = Math.min(1, side / Math.max(image.naturalWidth, image.naturalHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
  canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
  canvas.getContext("2d", { willReadFrequently: true }).drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** 1 where the channel's value, from 0 to 1, is inside. Transparent parts of a color channel are black. */
function marked(pixels, channel, isInside) {
  const hole = new Uint8Array(pixels.length / 4);
  const weights = { red: [1, 0, 0], green: [0, 1, 0], blue: [0, 0, 1] }[channel] ?? [0.299, 0.587, 0.114];
  for (let i = 0; i < hole.length; i++) {
    const [red, green, blue, alpha] = pixels.subarray(4 * i, 4 * i + 4);
    const value = (red * weights[0] + green * weights[1] + blue * weights[2]) / 255;
    hole[i] = isInside(channel === "alpha" ? 1 - alpha / 255 : (value * alpha) / 255);
  }
  return hole;
}

/** Rows of `width`, each 1 widened by `pixels` to both sides. */
function grown(hole, width, pixels) {
  if (!pixels) return hole;
  const wide = new Uint8Array(hole.length);
  hole.forEach((inside, i) => {
    if (!inside) return;
    const row = i - (i % width);
    wide.fill(1, Math.max(row, i - pixels), Math.min(row + width, i + pixels + 1));
  });
  return wide;
}

function transposed(rows, width) {
  const height = rows.length / width;
  return rows.map((_, i) => rows[(i % height) * width + Math.floor(i / height)]);
}

/** Shades a canvas where the hole is: hatched, so that the photo stays seen, and outlined. */
export function shadeHole(context, hole, unit) {
  const { width, height } = context.canvas;
  const layer = layerOf(width, height);
  layer.imageSmoothingEnabled = false;
  layer.drawImage(hole, 0, 0, width, height);
  const outline = outlineOf(layer.canvas, 1.5 * unit);
  layer.globalCompositeOperation = "source-in";
  layer.fillStyle = hatch(layer, unit);
  layer.fillRect(0, 0, width, height);
  context.drawImage(layer.canvas, 0, 0);
  context.drawImage(outline, 0, 0);
}

function layerOf(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
}

function outlineOf(shape, reach) {
  const layer = layerOf(shape.width, shape.height);
  for (let turn = 0; turn < 8; turn++) {
    layer.drawImage(shape, reach * Math.cos((turn * Math.PI) / 4), reach * Math.sin((turn * Math.PI) / 4));
  }
  layer.globalCompositeOperation = "destination-out";
  layer.drawImage(shape, 0, 0);
  layer.globalCompositeOperation = "source-in";
  layer.fillStyle = "#ff2bd6";
  layer.fillRect(0, 0, shape.width, shape.height);
  return layer.canvas;
}

function hatch(context, unit) {
  const side = Math.round(10 * unit);
  const tile = layerOf(side, side);
  tile.fillStyle = "rgba(255, 43, 214, 0.08)";
  tile.fillRect(0, 0, side, side);
  tile.strokeStyle = "rgba(255, 43, 214, 0.6)";
  tile.lineWidth = 1.2 * unit;
  for (const shift of [-side, 0, side]) {
    tile.moveTo(shift, side);
    tile.lineTo(shift + side, 0);
  }
  tile.stroke();
  return context.createPattern(tile.canvas, "repeat");
}
