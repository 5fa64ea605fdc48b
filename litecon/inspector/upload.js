// the form that uploads files, and the list of the parts that have arrived
(() => {
  const TITLES = ["Name", "Kind", "Filename", "Content type", "Size", "SHA-256"];

  const form = document.getElementById("uploader");
  const state = document.getElementById("upload-state");
  const bar = document.getElementById("upload-bar");
  const text = document.getElementById("upload-text");
  const cancel = document.getElementById("upload-cancel");
  let request = null;

  const row = (name, cells) => {
    const made = document.createElement("tr");
    const head = element("th", name);
    head.scope = "row";
    made.append(head, ...cells);
    return made;
  };

  const cell = (value, index) => {
    const made = element("td", "");
    made.dataset.title = TITLES[index + 1];
    made.append(value);
    return made;
  };

  const told = (value, absent) => (value ? visible(value) : element("span", absent, "none"));

  const rowsOf = (part) => {
    const hash = part.sha256 ? element("code", part.sha256) : element("span", "did not arrive completely", "none");
    const file = told(part.filename, part.filename === null ? "none" : "empty");
    const values = [part.kind, file, told(part.content_type, "none"), bytesText(part.size), hash];
    const rows = [row("", values.map(cell))];
    rows[0].firstChild.append(told(part.name, "empty"));
    const content = part.text || (part.hex || "").replace(/../g, "$& ").trim();
    if (content) {
      const shown = element("tr", "", "shown");
      const wide = element("td", "");
      wide.colSpan = TITLES.length;
      wide.append(scrollable(visible(content) + (part.truncated ? "\n..." : "")));
      shown.append(wide);
      rows.push(shown);
    }
    return rows;
  };

  const tableOf = (parts) => {
    const table = element("table", "", "parts stack");
    const head = table.createTHead().insertRow();
    for (const title of TITLES) {
      const made = element("th", title);
      made.scope = "col";
      head.append(made);
    }
    table.createTBody().append(...parts.flatMap(rowsOf));
    return table;
  };

  const reportOf = (answer) => {
    try {
      const report = JSON.parse(answer);
      return Array.isArray(report.form) ? report : null;
    } catch {
      return null;
    }
  };

  const showAnswer = (milliseconds) => {
    const status = `${request.status} ${request.statusText}`.trim();
    const isGood = request.status >= 200 && request.status < 300;
    const answer = request.responseText;
    const report = reportOf(answer);
    const content = [element("p", status, isGood ? "status good" : "status bad")];
    if (report) {
      const error = report.body.error;
      const size = error ? "" : `, ${bytesText(report.body.size)}`;
      const count = `${report.form.length} part${report.form.length === 1 ? "" : "s"}`;
      content.push(element("p", `${count}${size} in ${milliseconds} ms`, "hint"));
      if (report.form.length) content.push(tableOf(report.form));
      if (error) content.push(element("p", visible(`${error.type}: ${error.detail}`), "error"));
      content.push(folded("The whole report", scrollable(answer)));
    } else {
      content.push(scrollable(answer || "(no body)"));
    }
    showCard(`Answer: ${status}`, ...content);
  };

  const fail = (message) => showCard(message, element("p", message, "status bad"));

  const follow = ({ loaded, total }) => {
    bar.max = total || 1;
    bar.value = loaded;
    text.textContent = `${loaded.toLocaleString("en")} of ${bytesText(total)} sent`;
  };

  const end = () => {
    request = null;
    cancel.disabled = true;
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (request) return;
    const started = performance.now();
    const sent = new XMLHttpRequest();
    request = sent;
    sent.open("POST", location.pathname + location.search);
    sent.setRequestHeader("Accept", "application/json");
    for (const name of ["progress", "load"]) sent.upload.addEventListener(name, follow);
    sent.addEventListener("load", () => showAnswer(Math.round(performance.now() - started)));
    sent.addEventListener("error", () => fail("No answer: the connection broke, or a file cannot be read"));
    sent.addEventListener("abort", () => fail("Cancelled"));
    sent.addEventListener("loadend", end);
    bar.removeAttribute("value");
    text.textContent = "Sending …";
    state.hidden = false;
    cancel.disabled = false;
    sent.send(new FormData(form));
  });

  cancel.addEventListener("click", () => request?.abort());
})();
