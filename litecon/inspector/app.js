// the form that sends a request and shows the response
(() => {
  const form = document.getElementById("sender");
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

  const showAnswer = (line, response, text, milliseconds) => {
    const status = `${response.status} ${response.statusText}`.trim();
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    showCard(
      `Answer: ${status}`,
      element("p", status, response.ok ? "status good" : "status bad"),
      element("p", `to ${line}: ${bytesText(sizeOf(text))} in ${milliseconds} ms`, "hint"),
      folded("Headers", element("pre", headers)),
      scrollable(text || "(no body)"),
    );
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    showCard("Sending", element("p", "Sending …", "hint"));
    const started = performance.now();
    try {
      const method = field("method").value.trim();
      const body = readBody();
      // fetch refuses a body with these two methods
      const bare = /^(get|head)$/i.test(method) || body.length === 0;
      const path = `/${field("path").value.trim().replace(/^[/\\]+/, "")}`;
      const options = { method, headers: readHeaders(), cache: "no-store", redirect: "manual" };
      const response = await fetch(path, bare ? options : { ...options, body });
      showAnswer(`${method} ${path}`, response, await response.text(), Math.round(performance.now() - started));
    } catch (error) {
      showCard(`No answer: ${error.message}`, element("p", "No answer", "status bad"), element("p", error.message));
    }
  });

  field("path").value = location.pathname + location.search;
  document.getElementById("sender-fields").disabled = false;
})();
