// A pen on a picture: by mouse, finger or keys.

class Pen {
  // `picture` gives the values that are drawn on; `changed` is told whether a point was drawn.
  constructor(canvas, { height, width, range: [least, greatest] }, picture, changed) {
    Object.assign(this, { canvas, height, width, least, greatest, picture, changed });
    this.radius = Math.max(1, Math.min(height, width) / 28);
    [this.x, this.y] = [width >> 1, height >> 1];
    this.hasCursor = false;
    canvas.setAttribute("aria-describedby", "keys");
    canvas.addEventListener("keydown", (event) => this.byKey(event));
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => {
      if (!(event.buttons & 1 && this.last)) return;
      event.getCoalescedEvents().concat(event).forEach((at) => this.draw(at));
    });
    canvas.addEventListener("pointerup", () => (this.last = null));
    canvas.addEventListener("blur", () => {
      this.hasCursor = false;
      this.changed(false);
    });
  }

  get erases() {
    return document.querySelector("input[name=pen]:checked").value === "erase";
  }

  begin(event) {
    if (event.button !== 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.hasCursor = false;
    this.last = null;
    this.draw(event);
  }

  // A line from where the pointer was.
  draw(event) {
    const { canvas, width, height } = this, box = canvas.getBoundingClientRect();
    const to = [
      ((event.clientX - box.left - canvas.clientLeft) / canvas.clientWidth) * width,
      ((event.clientY - box.top - canvas.clientTop) / canvas.clientHeight) * height,
    ];
    const from = this.last ?? to, way = [to[0] - from[0], to[1] - from[1]];
    const n = Math.max(1, Math.ceil((2 * Math.hypot(...way)) / this.radius));
    for (let k = 1; k <= n; k++) {
      this.dab(from[0] + (way[0] * k) / n, from[1] + (way[1] * k) / n, this.erases);
    }
    this.last = to;
    this.changed(true);
  }

  // A round point with a soft edge.
  dab(x, y, erases) {
    const { width, height, radius, least, greatest } = this, picture = this.picture();
    for (let j = Math.floor(y - 2 * radius); j <= y + 2 * radius; j++) {
      for (let i = Math.floor(x - 2 * radius); i <= x + 2 * radius; i++) {
        if (i < 0 || j < 0 || i >= width || j >= height) continue;
        const far = Math.hypot(i + 0.5 - x, j + 0.5 - y) / radius;
        const ink = (greatest - least) * Math.min(1, Math.max(0, 1.6 - far));
        const at = j * width + i, was = picture[at];
        picture[at] = erases ? Math.min(was, greatest - ink) : Math.max(was, least + ink);
      }
    }
  }

  byKey(event) {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const [dx, dy] = ways[event.key] ?? [0, 0];
    const erases = event.key === "Delete" || event.key === "Backspace";
    if (dx === 0 && dy === 0 && event.key !== " " && !erases) return;
    event.preventDefault();
    const { width, height } = this;
    [this.x, this.y] = [(this.x + dx + width) % width, (this.y + dy + height) % height];
    this.hasCursor = true;
    const draws = event.key === " " || erases || event.shiftKey;
    if (draws) this.dab(this.x + 0.5, this.y + 0.5, erases || this.erases);
    say(`Row ${this.y + 1}, column ${this.x + 1}`);
    this.changed(draws);
  }

  paintCursor() {
    if (!this.hasCursor) return;
    const context = this.canvas.getContext("2d");
    context.fillStyle = "#ff8c4a";
    context.fillRect(this.x, this.y, 1, 1);
  }
}
