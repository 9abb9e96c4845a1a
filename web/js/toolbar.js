// The tools of the painter: brush, eraser, eyedropper, color, size, undo, clear. And the looks of it all.

const STYLE = `
.monochromic-painter { display: flex; flex-direction: column; gap: 4px; box-sizing: border-box; width: 100%;
  height: 100%; min-height: 240px; color: var(--input-text, #ddd); font: 12px sans-serif; user-select: none; }
.monochromic-painter .tools { display: flex; flex-wrap: wrap; align-items: center; gap: 3px; flex: none; }
.monochromic-painter button, .monochromic-painter input { box-sizing: border-box; height: 26px; margin: 0;
  border: 1px solid var(--border-color, #4e4e4e); border-radius: 4px; background: var(--comfy-input-bg, #222);
  color: inherit; cursor: pointer; }
.monochromic-painter button { width: 26px; padding: 3px; flex: none; }
.monochromic-painter button:hover:enabled { border-color: var(--input-text, #ddd); }
.monochromic-painter button:disabled { opacity: 0.4; cursor: default; }
.monochromic-painter button[aria-pressed="true"] { background: var(--input-text, #ddd);
  color: var(--comfy-input-bg, #222); }
.monochromic-painter svg { display: block; width: 100%; height: 100%; fill: none; stroke: currentColor;
  stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; pointer-events: none; }
.monochromic-painter input[type="color"] { width: 34px; padding: 2px; flex: none; }
.monochromic-painter input[type="range"] { flex: 1 1 50px; width: 50px; min-width: 50px; border: none;
  background: none; accent-color: var(--input-text, #ddd); }
.monochromic-painter :focus-visible { outline: 2px solid var(--p-primary-color, #60a5fa); outline-offset: 1px; }
.monochromic-painter .stage { position: relative; flex: 1 1 0; min-height: 0; overflow: hidden; border-radius: 4px;
  background: var(--comfy-input-bg, #222); cursor: crosshair; touch-action: none; }
.monochromic-painter canvas { position: absolute; }
.monochromic-painter canvas.unknown { background: repeating-conic-gradient(#777 0 25%, #999 0 50%) 0 0 / 20px 20px; }
.monochromic-painter .ring { position: absolute; transform: translate(-50%, -50%); border-radius: 50%;
  box-shadow: 0 0 0 1px #fff, 0 0 0 2px #000; pointer-events: none; }
.monochromic-painter .note { position: absolute; left: 6px; right: 6px; bottom: 6px; width: fit-content; margin: auto;
  padding: 3px 6px; border-radius: 4px; background: rgba(0, 0, 0, 0.75); color: #fff; text-align: center;
  pointer-events: none; }
.monochromic-painter [hidden] { display: none; }
`;

const ICONS = {
  brush: "M19 3l-9 10 2 2L21 5zM9.5 13.5c-3 0-2.5 4-6 5 2 2.5 8 2 8-3z",
  eraser: "M4 15L14 5l6 6-9 9H8zM9 10l6 6M11 20h9",
  pick: "M4 20l1-4 8-8 3 3-8 8zM12 7l5 5M14.5 9.5L18 6a1.5 1.5 0 00-3-3",
  undo: "M8 5L4 9l4 4M4 9h10a5 5 0 010 10H8",
  clear: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5",
};

const WIDEST = 0.2; // of the photo's longer side, with the slider at its end
const last = { color: "#c8743c", slider: 32 }; // the brush that a new painter begins with

export function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** The toolbar: its element, its buttons, the chosen `tool`, and the brush's `color` and `width`. */
export function buildToolbar({ undo, clear }) {
  dress();
  const buttons = {
    brush: button("brush", "Brush: drag for a line, click for a dot", () => tools.choose("brush")),
    eraser: button("eraser", "Eraser: cuts strokes where it passes", () => tools.choose("eraser")),
    pick: button("pick", "Eyedropper: take a color from the photo (or Alt+click with any tool)", () =>
      tools.choose(tools.tool === "pick" ? "brush" : "pick"),
    ),
  };
  const color = named("input", "Color of the brush", { type: "color", value: last.color });
  const size = named("input", "Size of brush and eraser", { type: "range", min: 5, max: 100, value: last.slider });
  const tools = {
    tool: "brush",
    undo: button("undo", "Undo the last stroke", undo),
    clear: button("clear", "Remove all strokes", clear),
    choose(tool) {
      this.tool = tool;
      Object.entries(buttons).forEach(([name, each]) => each.setAttribute("aria-pressed", String(name === tool)));
    },
    get color() {
      return color.value;
    },
    set color(code) {
      color.value = last.color = code;
    },
    get width() {
      return Math.round(1e4 * WIDEST * (size.value / 100) ** 2) / 1e4;
    },
  };
  listen(color, size, tools);
  const { brush, eraser, pick } = buttons;
  tools.element = element("div", { className: "tools" }, brush, eraser, pick, color, size, tools.undo, tools.clear);
  tools.choose("brush");
  return tools;
}

function listen(color, size, tools) {
  const say = () => size.setAttribute("aria-valuetext", `${(100 * tools.width).toFixed(1)} % of the photo`);
  color.addEventListener("input", () => (last.color = color.value));
  size.addEventListener("input", () => say((last.slider = size.value)));
  // While an input has the focus, the page leaves Ctrl+Z to it.
  color.addEventListener("change", () => color.blur());
  size.addEventListener("pointerup", () => size.blur());
  say();
}

function button(icon, title, press) {
  const made = named("button", title, { type: "button", className: icon });
  made.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[icon]}"/></svg>`;
  made.addEventListener("click", press);
  return made;
}

function named(name, title, properties) {
  const made = element(name, { title, ...properties });
  made.setAttribute("aria-label", title);
  return made;
}

function dress() {
  const id = "monochromic-painter-style";
  if (!document.getElementById(id)) document.head.append(element("style", { id, textContent: STYLE }));
}
