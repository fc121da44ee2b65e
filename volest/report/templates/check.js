"use strict";
// Rows stand in the page as they are; this script hides and orders them. The address after # is the whole state, so that a
// link to it shows the same rows.
(() => {
  const FIRST_ORDER = "-severity";
  const FILTERS = ["q", "code", "severity", "patient", "scan"];
  const form = document.querySelector(".toolbar");
  const body = document.querySelector(".scans tbody");
  const rows = [...body.rows].map((element) => ({
    element,
    ...element.dataset,
    codes: element.dataset.codes.split(" "),
    severities: element.dataset.severities.split(" "),
    text: [element, ...element.querySelectorAll("[title]")]
      .map((part) => part.title || part.textContent)
      .join(" ")
      .toLowerCase(),
  }));
  const names = new Intl.Collator(undefined, { numeric: true });
  const compare = {
    scan: (a, b) => names.compare(a.scan, b.scan),
    patient: (a, b) => names.compare(a.patient, b.patient),
    volume: (a, b) => a.volume - b.volume,
    field: (a, b) => a.field - b.field,
    severity: (a, b) => a.severity - b.severity,
  };

  const readState = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    const state = Object.fromEntries(FILTERS.map((name) => [name, given.get(name) ?? ""]));
    const order = given.get("sort") ?? "";
    state.sort = Object.hasOwn(compare, order.replace(/^-/, "")) ? order : FIRST_ORDER;
    return state;
  };

  const writeState = (state) => {
    const kept = new URLSearchParams();
    for (const name of FILTERS) if (state[name]) kept.set(name, state[name]);
    if (state.sort !== FIRST_ORDER) kept.set("sort", state.sort);
    const hash = kept.toString();
    history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
    show(state);
  };

  const fits = (row, state) =>
    (!state.scan || row.scan === state.scan) &&
    (!state.patient || row.patient === state.patient) &&
    (!state.code || row.codes.includes(state.code)) &&
    (!state.severity || row.severities.includes(state.severity === "none" ? "" : state.severity)) &&
    state.q.toLowerCase().split(/\s+/).every((word) => row.text.includes(word));

  const order = (state) => {
    const key = state.sort.replace(/^-/, "");
    const sign = state.sort.startsWith("-") ? -1 : 1;
    const unknown = (row) => row[key] === "";
    return [...rows].sort(
      (a, b) => unknown(a) - unknown(b) || sign * compare[key](a, b) || a.place - b.place,
    );
  };

  const show = (state) => {
    let shown = 0;
    for (const row of rows) {
      row.element.hidden = !fits(row, state);
      shown += !row.element.hidden;
    }
    body.append(...order(state).map((row) => row.element));
    for (const name of ["q", "code", "severity", "patient", "sort"]) form.elements[name].value = state[name];
    for (const heading of document.querySelectorAll("[data-key]")) {
      const sorted = heading.dataset.key === state.sort.replace(/^-/, "");
      const way = state.sort.startsWith("-") ? "descending" : "ascending";
      if (sorted) heading.setAttribute("aria-sort", way);
      else heading.removeAttribute("aria-sort");
    }
    form.querySelector(".shown").textContent = `${shown} of ${rows.length} scans`;
    form.querySelector(".clear").hidden = !FILTERS.some((name) => state[name]);
    const only = document.querySelector(".only");
    only.hidden = !state.scan;
    only.querySelector("b").textContent = state.scan;
    document.querySelector(".nothing").hidden = shown > 0;
  };

  const choose = () => writeState({ ...readState(), ...Object.fromEntries(new FormData(form)) });
  form.addEventListener("input", choose);
  form.addEventListener("change", choose); // assistive programs may choose without an input event
  form.addEventListener("submit", (event) => event.preventDefault());
  form.querySelector(".clear").addEventListener("click", () => {
    writeState({ ...Object.fromEntries(FILTERS.map((name) => [name, ""])), sort: readState().sort });
    form.elements.q.focus();
  });
  for (const button of document.querySelectorAll("[data-sort]")) {
    button.addEventListener("click", () => {
      const state = readState();
      const key = button.dataset.sort;
      const first = key === "severity" ? "-severity" : key;
      const second = key === "severity" ? "severity" : `-${key}`;
      writeState({ ...state, sort: state.sort === first ? second : first });
    });
  }
  window.addEventListener("hashchange", () => {
    show(readState());
    document.querySelector("#scans-title").focus();
  });
  form.hidden = false;
  show(readState());
})();
