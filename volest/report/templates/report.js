"use strict";
// Every figure stands in the page as it is; this script tells what lies under the pointer, or under the arrow keys.
(() => {
  const REACH_PX = 28;
  const scans = JSON.parse(document.getElementById("scans").textContent);
  const tip = document.getElementById("tip");
  const said = document.getElementById("said");
  const inPage = [...document.querySelectorAll("[data-scan]")];

  const element = (name, text) => {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  };

  const told = (scan) =>
    [`patient ${scan.patient}, fold ${scan.fold}`, `predicted ${scan.predicted}, reference ${scan.reference} mL`, `error ${scan.error}`];

  const fillWithScan = (scan) => {
    const planes = document.createElement("div");
    planes.className = "planes";
    for (const [source, width, height, name] of scan.views) {
      const image = new Image(width, height);
      image.src = source;
      image.alt = name;
      planes.append(image);
    }
    tip.replaceChildren(element("b", scan.scan), ...told(scan).map((line) => element("div", line)));
    if (scan.views.length) tip.append(planes);
  };

  const place = (x, y) => {
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    const right = x + 16 + width < document.documentElement.clientWidth ? x + 16 : x - 16 - width;
    const low = y + 16 + height < window.innerHeight ? y + 16 : y - 16 - height;
    tip.style.left = `${Math.max(4, Math.min(right, document.documentElement.clientWidth - width - 4))}px`;
    tip.style.top = `${Math.max(4, low)}px`;
  };

  const mark = (number) => {
    for (const dot of inPage) dot.classList.toggle("on", number !== null && Number(dot.dataset.scan) === number);
  };

  const hide = () => {
    tip.hidden = true;
    mark(null);
    for (const cursor of document.querySelectorAll(".cursor")) cursor.setAttribute("d", "");
  };

  const middle = (dot) => {
    const box = dot.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  };

  const showScan = (dot, aloud) => {
    const scan = scans[Number(dot.dataset.scan)];
    fillWithScan(scan);
    mark(Number(dot.dataset.scan));
    place(...middle(dot));
    if (aloud) said.textContent = [scan.scan, ...told(scan)].join("; ");
  };

  const followScans = (frame, dots) => {
    let current = -1;
    const ordered = [...dots].sort((a, b) => a.getAttribute("cx") - b.getAttribute("cx") || a.getAttribute("cy") - b.getAttribute("cy"));
    const near = (event) => {
      let [best, shortest] = [null, REACH_PX];
      for (const dot of dots) {
        const [x, y] = middle(dot);
        const distance = Math.hypot(x - event.clientX, y - event.clientY);
        if (distance < shortest) [best, shortest] = [dot, distance];
      }
      if (best) showScan(best, false);
      else hide();
    };
    frame.addEventListener("pointermove", near);
    frame.addEventListener("pointerdown", near);
    return (step) => {
      current = step === null ? 0 : Math.max(0, Math.min(ordered.length - 1, current + step));
      showScan(ordered[current], true);
    };
  };

  const followCurves = (frame) => {
    const curves = JSON.parse(frame.dataset.curves);
    const svg = frame.querySelector("svg");
    const cursor = svg.querySelector(".cursor");
    const count = curves.series[0].values.length;
    let current = -1;
    const show = (index, aloud) => {
      current = Math.max(0, Math.min(count - 1, index));
      const x = curves.left + current * curves.step;
      const { height } = svg.viewBox.baseVal;
      hide();
      cursor.setAttribute("d", `M${x} 12V${height - 44}`);
      const lines = curves.series.map(({ name, values }) => `${name} ${values[current] === null ? "–" : `${values[current].toFixed(1)} mL`}`);
      tip.replaceChildren(element("b", `epoch ${curves.first + current}`), ...lines.map((line) => element("div", line)));
      const box = cursor.getBoundingClientRect();
      place(box.left, box.top + 8);
      if (aloud) said.textContent = [`epoch ${curves.first + current}`, ...lines].join("; ");
    };
    const near = (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      show(Math.round((at.x - curves.left) / curves.step), false);
    };
    frame.addEventListener("pointermove", near);
    frame.addEventListener("pointerdown", near);
    return (step) => show(step === null ? 0 : current + step, true);
  };

  const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };
  for (const frame of document.querySelectorAll(".frame[tabindex]")) {
    const dots = [...frame.querySelectorAll("[data-scan]")];
    const step = frame.dataset.curves ? followCurves(frame) : followScans(frame, dots);
    frame.addEventListener("keydown", (event) => {
      if (event.key === "Escape") hide();
      if (!Object.hasOwn(STEPS, event.key)) return;
      event.preventDefault();
      step(STEPS[event.key]);
    });
    frame.addEventListener("pointerleave", hide);
    frame.addEventListener("blur", hide);
  }
  window.addEventListener("scroll", hide, { passive: true });
})();
