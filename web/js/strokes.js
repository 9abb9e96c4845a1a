// Strokes of color: their text in the workflow, their geometry and how they look. Nothing here knows ComfyUI.
//
// A stroke is {points: [[x, y], ...], color: "#rrggbb", width}: x and y are shares of the photo's width and height,
// width is a share of its longer side. `sides` is the photo's [width, height] in shares of the longer one.

const CODE = /^#[0-9a-f]{6}$/i;
const NEAR = 0.002; // a corner closer than this to the one before is not taken
const FLAT = 0.0008; // nor kept if it lies this near to the line between its neighbors
const UNREADABLE = "These strokes cannot be read. Painting replaces them.";

const round = (value) => Math.round(value * 1e4) / 1e4;
const share = (value) => round(Math.min(1, Math.max(0, value)));
const between = (p, q, t) => [p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t];
const distance = (p, q) => Math.hypot(p[0] - q[0], p[1] - q[1]);

/** The strokes of a widget's text, the text to keep for it, and in words what could not be read. */
export function readStrokes(value) {
  const text = typeof value === "string" ? value : value ? JSON.stringify(value) : "";
  if (!text.trim()) return { strokes: [], text: "", trouble: "" };
  let list;
  try {
    const data = JSON.parse(text);
    list = Array.isArray(data) ? data : data.strokes;
  } catch {
    list = null;
  }
  if (!Array.isArray(list)) return { strokes: [], text, trouble: UNREADABLE };
  const strokes = list.map(readStroke).filter(Boolean);
  const lost = list.length - strokes.length;
  if (!lost) return { strokes, text, trouble: "" };
  return { strokes, text: writeStrokes(strokes), trouble: `${lost} of ${list.length} strokes could not be read.` };
}

function readStroke(entry) {
  const { points, color, width } = entry ?? {};
  const numbers = (list) => Array.isArray(list) && list.length === 2 && list.every(Number.isFinite);
  if (!Array.isArray(points) || !points.length || !points.every(numbers)) return null;
  if (!CODE.test(color) || !Number.isFinite(width)) return null;
  return { points: points.map((point) => point.map(share)), color, width: share(width) };
}

export function writeStrokes(strokes) {
  return strokes.length ? JSON.stringify(strokes) : "";
}

/** A stroke as it is kept: rounded, without the corners nobody would see. */
export function finishStroke(stroke, sides) {
  const points = thinOut(stroke.points, sides).map((point) => point.map(share));
  // A dot is a line from a point to itself: a single point is no line.
  if (points.length === 1) points.push(points[0]);
  return { points, color: stroke.color, width: share(stroke.width) };
}

export function isNear(p, q, sides) {
  return distance(scaled(p, sides), scaled(q, sides)) < NEAR;
}

const scaled = (point, sides) => [point[0] * sides[0], point[1] * sides[1]];

/** Ramer, Douglas and Peucker's way: the corner farthest from the line between the ends is kept, if it is far. */
function thinOut(points, sides) {
  if (points.length < 3) return points;
  const [start, end] = [points[0], points[points.length - 1]].map((point) => scaled(point, sides));
  let farthest = 0;
  let far = FLAT;
  points.forEach((point, i) => {
    const off = distanceToSegment(scaled(point, sides), start, end);
    if (off > far) [farthest, far] = [i, off];
  });
  if (!farthest) return [points[0], points[points.length - 1]];
  return [...thinOut(points.slice(0, farthest + 1), sides).slice(0, -1), ...thinOut(points.slice(farthest), sides)];
}

function distanceToSegment(p, a, b) {
  const along = [b[0] - a[0], b[1] - a[1]];
  const length = along[0] ** 2 + along[1] ** 2;
  const t = length ? ((p[0] - a[0]) * along[0] + (p[1] - a[1]) * along[1]) / length : 0;
  return distance(p, between(a, b, Math.min(1, Math.max(0, t))));
}

/** What is left of the strokes after an eraser `width` wide went from a to b; the same list if it met none. */
export function eraseStrokes(strokes, a, b, width, sides) {
  const eraser = [scaled(a, sides), scaled(b, sides)];
  const left = strokes.map((stroke) => cutStroke(stroke, eraser, (width + stroke.width) / 2, sides));
  return left.every((pieces, i) => pieces[0] === strokes[i]) ? strokes : left.flat();
}

function cutStroke(stroke, eraser, reach, sides) {
  const pieces = [[]];
  const add = (point) => pieces[pieces.length - 1].push(point);
  let met = false;
  stroke.points.forEach((point, i) => {
    const next = stroke.points[Math.min(i + 1, stroke.points.length - 1)];
    const gone = spanWithin(scaled(point, sides), scaled(next, sides), eraser, reach);
    if (!gone || gone[0] > 0) add(point);
    if (!gone) return;
    met = true;
    if (gone[0] > 0) add(between(point, next, gone[0]));
    pieces.push(gone[1] < 1 ? [between(point, next, gone[1])] : []);
  });
  if (!met) return [stroke];
  const long = pieces.filter((points) => points.some((point) => distance(point, points[0]) > 0));
  return long.map((points) => ({ ...stroke, points: points.map((point) => point.map(share)) }));
}

/** From where to where, in shares of p to q, that segment is nearer than `reach` to the eraser's; null if nowhere. */
function spanWithin(p, q, eraser, reach) {
  const off = (t) => distanceToSegment(between(p, q, t), ...eraser) - reach;
  const nearest = lowest(off);
  if (off(nearest) >= 0) return null;
  return [off(0) < 0 ? 0 : crossing(off, nearest, 0), off(1) < 0 ? 1 : crossing(off, nearest, 1)];
}

/** Where a convex function on [0, 1] is lowest. */
function lowest(f) {
  let [low, high] = [0, 1];
  for (let i = 0; i < 40; i++) {
    const [a, b] = [low + (high - low) / 3, high - (high - low) / 3];
    if (f(a) <= f(b)) high = b;
    else low = a;
  }
  return (low + high) / 2;
}

function crossing(f, below, above) {
  for (let i = 0; i < 30; i++) {
    const middle = (below + above) / 2;
    if (f(middle) < 0) below = middle;
    else above = middle;
  }
  return above;
}

/** Draws strokes as the core does, on a canvas that wholly shows a photo of `size` pixels [width, height]. */
export function drawStrokes(context, strokes, size) {
  const zoom = [context.canvas.width / size[0], context.canvas.height / size[1]];
  context.lineCap = context.lineJoin = "round";
  for (const { points, color, width } of strokes) {
    const corners = points.map((point) => point.map((value, i) => middleOf(value, size[i]) * zoom[i]));
    context.strokeStyle = context.fillStyle = color;
    const thickness = thicknessOf(width, size);
    context.lineWidth = thickness * Math.max(...zoom);
    // Some browsers draw a line without length, others do not: a dot is only the disc, to OpenCV one of a pixel less.
    if (corners.some((corner) => distance(corner, corners[0]) > 0)) {
      context.beginPath();
      corners.forEach((corner) => context.lineTo(...corner));
      context.stroke();
    }
    context.beginPath();
    context.arc(...corners[0], (Math.max(1, thickness - 1) * Math.max(...zoom)) / 2, 0, 2 * Math.PI);
    context.fill();
  }
}

/** The middle of the photo's pixel that a share of its side lies in. */
const middleOf = (value, side) => Math.min(Math.floor(value * side), side - 1) + 0.5;

/** In the photo's pixels: OpenCV rounds a line's half up to whole pixels, on both sides of the pixel it runs along. */
function thicknessOf(width, size) {
  const pixels = Math.max(1, Math.round(width * Math.max(...size)));
  return pixels === 1 ? 1 : 2 * Math.ceil(pixels / 2) + 1;
}
