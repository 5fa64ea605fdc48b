// the form that sends a request, and its answer
(() => {
  const form = document.getElementById("sender");
  const answer = document.getElementById("answer");
  const progress = document.getElementById("progress");
  const field = (name) => form.elements.namedItem(name);

  const readHeaders = () => {
    const headers = new Headers();
    for (const line of field("headers").value.split("\n")) {
      if (!line.trim()) continue;
      const colon = line.indexOf(":");
      if (colon < 1) throw new Error(`The header “${line.trim()}” has no colon: write “Name: value”.`);
      headers.append(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
    }
    return headers;
  };

  const readBody = () => {
    const text = field("body").value;
    return field("kind").value === "text" ? text : bytesOfHex(text);
  };

  const show = (summary, ...content) => {
    progress.textContent = summary;
    const card = document.createElement("section");
    card.append(element("h2", "The answer"), ...content);
    answer.replaceChildren(card);
    card.scrollIntoView({ block: "nearest" });
  };

  const showAnswer = (line, response, text, milliseconds) => {
    const status = `${response.status} ${response.statusText}`.trim();
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    const details = document.createElement("details");
    const body = element("pre", text || "(no body)");
    body.tabIndex = 0;
    details.append(element("summary", "Headers"), element("pre", headers));
    show(
      `Answer: ${status}`,
      element("p", status, response.ok ? "status good" : "status bad"),
      element("p", `to ${line}: ${bytesText(sizeOf(text))} in ${milliseconds} ms`, "hint"),
      details,
      body,
    );
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    show("Sending", element("p", "Sending …", "hint"));
    const started = performance.now();
    try {
      const method = field("method").value.trim();
      const body = readBody();
      // fetch refuses a body with these two
      const bare = /^(get|head)$/i.test(method) || body.length === 0;
      const path = `/${field("path").value.trim().replace(/^[/\\]+/, "")}`;
      const options = { method, headers: readHeaders(), cache: "no-store", redirect: "manual" };
      const response = await fetch(path, bare ? options : { ...options, body });
      showAnswer(`${method} ${path}`, response, await response.text(), Math.round(performance.now() - started));
    } catch (error) {
      show(`No answer: ${error.message}`, element("p", "No answer", "status bad"), element("p", error.message));
    }
  });

  field("path").value = location.pathname + location.search;
  document.getElementById("sender-fields").disabled = false;
})();
